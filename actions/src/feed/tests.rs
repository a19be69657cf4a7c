use inflow_connectors::answer;
use inflow_connectors::spec::{self, Answer};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::read::made_up::openings;
use super::*;

fn config(feed: &str) -> Config {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("inflow.toml");
    std::fs::write(&file, format!("[company]\nname = \"Acme Kites\"\ncountry = \"CN\"\n[feed]\nsite = \"https://acme.example/\"\n{feed}"))
        .unwrap();
    std::fs::write(
        folder.path().join("channels.toml"),
        "[[channel]]\nid = \"site\"\nname = { en = \"Site\", zh = \"官网\" }\n[[channel]]\nid = \"boss\"\nname = { en = \"BOSS\", zh = \"BOSS\" }\n",
    )
    .unwrap();
    Config::load(&file, &Vec::new).unwrap()
}

/// What our own connector reads in a document.
fn read_back(connector: &str, stream: &str, document: &str) -> Vec<Value> {
    let spec = spec::spec(connector).unwrap();
    let stream = spec.stream(stream).unwrap();
    let read = answer::convert(document.as_bytes(), None, &stream.answer).unwrap();
    stream.records.all(&read).into_iter().flat_map(|found| found.as_array().cloned().unwrap_or_else(|| vec![found.clone()])).collect()
}

fn requisition(id: &str, status: &str) -> Value {
    json!({"connection": "ats", "id": id, "status": status, "department": "Kitchen", "store": "S1"})
}

#[test]
fn an_opening_is_a_live_posting_of_an_open_requisition() {
    let config = config("channels = [\"site\", \"boss\"]\n");
    let postings = [
        json!({"id": "B1", "channel": "boss", "requisition": "R1", "title": "厨师 急聘", "body": "Cook."}),
        json!({"id": "P1", "requisition": "R1", "title": "Cook", "body": ""}),
        json!({"id": "P2", "requisition": "R2", "title": "Waiter"}),
        json!({"id": "P3", "cluster": "a/1", "title": "Driver"}),
        json!({"id": "P4", "channel": "boss", "cluster": "a/1", "title": "Driver (m/w)"}),
        json!({"id": "P5", "channel": "other", "title": "Not ours"}),
    ];
    let all = openings(&config, &postings, &[requisition("R1", "open"), requisition("R2", "on_hold"), requisition("R3", "open")], &[]);
    let mut told: Vec<_> =
        all.all.iter().map(|one| (one.title.as_str(), one.reference.as_str(), one.department.as_str(), one.description.as_str())).collect();
    told.sort_unstable();
    assert_eq!(
        told,
        [("Cook", "R1", "Kitchen", "Cook."), ("Driver", "P3", "Sales", "Sell kites.")],
        "one for a job; R2 waits, R3 is not public"
    );
    let ids: Vec<&String> = all.all.iter().map(|one| &one.id).collect();
    let again = openings(&config, &postings[1..4], &[requisition("R1", "filled")], &[]);
    assert!(
        again.all.iter().any(|one| ids.contains(&&one.id)) && again.all.iter().all(|one| one.reference != "R1"),
        "ids stay; what is filled disappears"
    );
    let only = self::config("departments = [\"Kitchen\"]\nstores = [\"S1\"]\n");
    assert_eq!(openings(&only, &postings, &[requisition("R1", "open")], &[]).all.len(), 1);
}

#[test]
fn other_employers_jobs_stay_out() {
    let config = config("companies = [\"风筝工坊\"]\n");
    let postings = [
        json!({"id": "A", "title": "Cook", "company": "Acme Kites, Inc."}),
        json!({"id": "B", "title": "Waiter", "company": "acme-kites"}),
        json!({"id": "C", "title": "Driver", "company": "风筝工坊有限公司"}),
        json!({"id": "D", "title": "Clerk", "company": ""}),
        json!({"id": "E", "connection": "remote_jobs", "title": "Rival's", "company": "Rival Kites Ltd"}),
        json!({"id": "F", "connection": "remote_jobs", "title": "Another's", "company": "Acme Kites Rentals"}),
    ];
    let all = openings(&config, &postings, &[], &[]);
    let mut titles: Vec<&str> = all.all.iter().map(|one| one.title.as_str()).collect();
    titles.sort_unstable();
    assert_eq!(titles, ["Clerk", "Cook", "Driver", "Waiter"]);
    let written = indeed(&all);
    assert_eq!((written.count, written.left.len(), written.left[0].title.as_str()), (4, 1, "remote_jobs"));
    assert!(
        written.left[0].en.starts_with("postings that name another employer: 2 (Acme Kites Rentals, Rival Kites Ltd); `companies`"),
        "{written:?}"
    );
    assert!(written.left[0].zh.starts_with("2 个职位属于其他公司(Acme Kites Rentals、Rival Kites Ltd);"), "{written:?}");
}

#[test]
fn a_copy_that_names_no_requisition_is_of_the_one_of_its_job() {
    let config = config("");
    let copy = json!({"id": "B1", "connection": "boss", "cluster": "a/1", "title": "Cook (urgent)", "department": ""});
    let own = json!({"id": "P1", "cluster": "a/1", "requisition": "R1", "title": "Cook"});
    let told = |postings: &[Value], requisitions: &[Value]| {
        let all = openings(&config, postings, requisitions, &[]).all;
        all.into_iter().map(|one| (one.reference, one.department)).collect::<Vec<_>>()
    };
    let (kitchen, one) = ("Kitchen".to_owned(), |id: &str| id.to_owned());
    assert_eq!(told(&[own.clone(), copy.clone()], &[requisition("R1", "open")]), [(one("R1"), kitchen.clone())], "one job once");
    assert_eq!(told(&[own.clone(), copy.clone()], &[requisition("R1", "filled")]), [], "it does not outlive its requisition");
    let mut ended = own.clone();
    ended["live"] = json!(false);
    assert_eq!(told(&[ended.clone(), copy.clone()], &[requisition("R1", "open")]), [(one("R1"), kitchen.clone())]);
    assert_eq!(told(&[ended.clone(), copy.clone()], &[requisition("R1", "filled")]), [], "nor when the posting that named it has ended");
    // The job was wanted before, under another number: what is live now says more.
    let mut former = ended;
    former["requisition"] = json!("R0");
    let both = [requisition("R0", "filled"), requisition("R1", "open")];
    assert_eq!(told(&[former, own, copy.clone()], &both), [(one("R1"), kitchen)]);
    assert_eq!(told(&[copy], &[]), [(one("B1"), String::new())], "nobody names one");
}

#[test]
fn a_number_that_two_systems_know_is_closed_where_both_say_so() {
    let config = config("");
    let posting = [json!({"connection": "board", "requisition": "7", "title": "Cook"})];
    let of = |connection: &str, status: &str| json!({"connection": connection, "id": "7", "status": status, "department": "", "store": ""});
    let count = |one, other| openings(&config, &posting, &[of("ats", one), of("hr", other)], &[]).all.len();
    assert_eq!([count("filled", "closed"), count("filled", "open"), count("open", "open")], [0, 1, 1]);
}

#[test]
fn words_without_an_amount_are_no_salary() {
    let config = config("");
    let posting = |text: &str, min: Value| json!({"pay_text": text, "pay_min": min, "pay_currency": "CNY", "pay_period": "month"});
    for (text, min, said) in [
        ("月薪", Value::Null, ""),
        ("月薪", json!("6000"), "6000 CNY per month"),
        ("面议", Value::Null, ""),
        ("6-8K", json!("6000"), "6-8K"),
    ] {
        assert_eq!(openings(&config, &[posting(text, min)], &[], &[]).all[0].salary(), said, "{text}");
    }
}

#[test]
fn an_address_keeps_the_path_of_its_base() {
    let config = config("base_url = \"https://hr.example/jobs?x=1\"\n");
    let all = openings(&config, &[json!({"url": ""})], &[], &[]);
    assert_eq!(all.all[0].url.as_ref().unwrap().as_str(), format!("https://hr.example/jobs/feed/jobs/{}", all.all[0].id));
}

#[test]
fn what_lacks_something_is_left_out_and_listed() {
    let config = config("");
    let postings = [json!({"id": "A", "body": "", "title": "Cook"}), json!({"id": "B", "city": "", "url": "ftp://x/"}), json!({"id": "C"})];
    let all = openings(&config, &postings, &[], &[]);
    let written = indeed(&all);
    let mut left: Vec<_> = written.left.iter().map(|one| (one.title.as_str(), one.en.as_str())).collect();
    left.sort_unstable();
    assert_eq!(written.count, 1);
    assert!(left[0].0 == "Cook" && left[0].1.starts_with("no posting says what the job is"), "{left:?}");
    assert!(left[1].1.starts_with("its city is not known; there is no address to apply at"), "{left:?}");
    let (pages, left) = json_ld(&all);
    assert_eq!((pages.len(), left.len()), (1, 2));
    // A file beside the configuration says it.
    let all =
        openings(&config, &postings[..1], &[], &[("Cook", "# Cook\n\nYou will\n- cook\n- carve & serve\n\nAsk 19900000001 for more.")]);
    let page = page(&all, &all.all[0]).unwrap();
    assert!(page.contains("<p>Cook</p><p>You will</p><ul><li>cook</li><li>carve &amp; serve</li></ul><p><a href="), "{page}");
}

#[test]
fn contacts_do_not_get_out() {
    let config = config("");
    let body = "卖风筝。有意者联系[phone]!\nWrite to hr@acme.example today\nGood pay.";
    let all = openings(&config, &[json!({"body": body, "pay_text": "6-8K, call [phone]"})], &[], &[]);
    assert_eq!((all.all[0].description.as_str(), all.all[0].pay_text.as_str()), ("卖风筝。\n\nGood pay.", ""));
}

#[test]
fn our_own_connectors_read_our_feeds() {
    let config = config("apply_url = \"https://jobs.example/{requisition}?p={posting}\"\n");
    let posting = json!({
        "id": "P 1", "requisition": "R/1", "title": "Cook & <carver> ]]> \u{1}", "body": "Cook ]]> & carve.", "employment_type": "Full-Time",
        "pay_text": "6-8K", "pay_min": "6000", "pay_max": "8000", "pay_currency": "CNY", "pay_period": "month", "closes": 1_796_000_000_000_i64,
    });
    let all = openings(&config, &[posting], &[requisition("R/1", "open")], &[]);
    let [id, url] = [all.all[0].id.as_str(), "https://jobs.example/R%2F1?p=P%201"];
    let job = &read_back("indeed_xml", "jobs", &indeed(&all).text)[0];
    let text = |key: &str| job[key].as_str().unwrap_or_default();
    assert_eq!([text("title"), text("referencenumber"), text("requisitionid")], ["Cook & <carver> ]]>", id, "R/1"]);
    assert_eq!(
        [text("url"), text("company"), text("city"), text("state"), text("country")],
        [url, "Acme Kites", "Weifang", "Shandong", "CN"]
    );
    assert_eq!([text("description"), text("salary"), text("jobtype")], ["<p>Cook ]]&gt; &amp; carve.</p>", "6-8K", "fulltime"]);
    assert_eq!(
        [text("category"), text("date"), text("expirationdate")],
        ["Kitchen", "Wed, 18 Nov 2026 11:06:40 GMT", "Mon, 30 Nov 2026 00:53:20 GMT"]
    );

    let item = &read_back("rss", "items", &rss(&all).unwrap().text)[0];
    let text = |key: &str| item[key].as_str().unwrap_or_default();
    assert_eq!([text("title"), text("link"), text("job_listing:location")], ["Cook & <carver> ]]>", url, "Weifang, Shandong, CN"]);
    assert_eq!((item["guid"]["#text"].as_str(), text("description")), (Some(id), "<p>Cook ]]&gt; &amp; carve.</p>"));

    let page = page(&all, &all.all[0]).unwrap();
    let found = &read_back("career_page", "jobs", &page)[0];
    assert_eq!(
        (&found["title"], &found["identifier"]["value"], &found["url"]),
        (&"Cook & <carver> ]]> \u{1}".into(), &"R/1".into(), &url.into())
    );
    assert_eq!(found["hiringOrganization"]["name"], "Acme Kites");
    let address = &found["jobLocation"][0]["address"];
    assert_eq!((&address["addressLocality"], &address["addressCountry"]), (&"Weifang".into(), &"CN".into()));
    assert_eq!((&found["datePosted"], &found["validThrough"]), (&"2026-11-18T11:06:40Z".into(), &"2026-11-30T00:53:20Z".into()));
    let salary = &found["baseSalary"];
    assert_eq!(
        (&salary["currency"], &salary["value"]["unitText"], &salary["value"]["maxValue"]),
        (&"CNY".into(), &"MONTH".into(), &"8000".into()),
        "{salary}"
    );
    assert_eq!(found["employmentType"], "FULL_TIME");
}

/// What Google requires, and what an end that nobody announced is not.
#[test]
fn a_page_has_what_is_required_and_no_guess() {
    let config = config("base_url = \"https://hr.example/\"\n");
    let all = openings(&config, &[json!({"url": "", "pay_min": "20", "pay_currency": "CNY", "pay_period": ""})], &[], &[]);
    let (objects, left) = json_ld(&all);
    let object = &objects[0].1;
    for key in ["title", "description", "datePosted", "hiringOrganization", "jobLocation"] {
        assert!(object.get(key).is_some_and(|value| !value.is_null()), "{key}: {object}");
    }
    for key in ["validThrough", "baseSalary", "employmentType"] {
        assert!(object.get(key).is_none(), "{key}: {object}");
    }
    assert_eq!(left, []);
    assert_eq!(object["url"], format!("https://hr.example/feed/jobs/{}", objects[0].0));
    assert!(rss(&Openings { site: None, ..all }).is_none());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever a title and a text say, the documents can be read, and say it.
    #[test]
    fn no_text_breaks_out_of_its_place(title in "\\PC{1,30}", body in "\\PC{1,80}") {
        let config = config("");
        let all = openings(&config, &[json!({"title": format!("x{title}"), "body": body})], &[], &[]);
        prop_assume!(!all.all[0].description.is_empty());
        let jobs = read_back("indeed_xml", "jobs", &indeed(&all).text);
        prop_assert_eq!(jobs.len(), 1);
        let found = jobs[0]["title"].as_str().unwrap_or_default();
        prop_assert_eq!(found.trim(), all.all[0].title.trim());
        let page = page(&all, &all.all[0]).unwrap();
        let read = answer::convert(page.as_bytes(), None, &Answer::JsonLd { object: "JobPosting".to_owned() }).unwrap();
        prop_assert_eq!(read["objects"].as_array().map(Vec::len), Some(1));
        prop_assert_eq!(page.matches("</script>").count(), 1);
    }
}
