-- A posting's text is kilobytes long, and a merge holds a granule of each part that it merges, up to 10 MB: so few parts are merged at one time.
ALTER TABLE postings MODIFY SETTING min_parts_to_merge_at_once = 8, max_parts_to_merge_at_once = 12;
