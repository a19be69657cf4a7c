-- What a closing froze, as the lines of text that its hash is of: the bytes of all lines in the order of their bytes, each with a line feed. Cells are parted by
-- tabs and escaped as in tab-separated files; amounts have two decimals. `$closings` are the rows of the table, or the one about to be noted.
SELECT
    month, number,
    formatRowNoNewline('TSV', 'closing', formatDateTime(month, '%Y-%m'), number, sequence, from_day, to_day, toString(closed_at), closed_by, despite, toString(base),
        toDecimalString(total, 2), toDecimalString(carried, 2), lines, versions, toString(program), previous) AS line
FROM $closings
UNION ALL
SELECT
    month, number,
    formatRowNoNewline('TSV', 'cost', posted_on, formatDateTime(from_month, '%Y-%m'), toString(channel), toString(store), toString(department),
        requisition_source_id, toString(job_family), toString(requisition), toString(kind), toString(connection), source_id, toDecimalString(amount, 2), toString(currency))
FROM inflow_state.closed_costs
UNION ALL
SELECT month, number, formatRowNoNewline('TSV', 'figure', toString(metric), version, toString(by), row)
FROM inflow_state.closed_figures
UNION ALL
SELECT month, number, formatRowNoNewline('TSV', 'source', hire, spell, toString(official_source), toString(official_basis), official_reason)
FROM inflow_state.closed_sources
UNION ALL
SELECT
    month, number,
    formatRowNoNewline('TSV', 'people', day, stage_rank, toString(channel), toString(store), toString(department), toString(job_family), toString(requisition), people)
FROM inflow_state.closed_people
