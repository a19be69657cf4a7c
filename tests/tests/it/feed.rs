//! From sheets to the feeds of the company's own openings: what is internal stays, what is closed disappears, and another Inflow reads them.

use crate::holder::Holder;
use inflow_tests::Company;

const SETTINGS: &str = "[company]\nname = \"Acme\"\ntimezone = \"Asia/Shanghai\"\n[serve]\npage = \"127.0.0.1:0\"\nclickhouse = \"127.0.0.1:0\"\n[clock]\nfixed = 2026-11-20T12:00:00+08:00\n";
const FEED: &str = "[feed]\nenabled = true\nsite = \"https://acme.example/\"\ndescriptions = \"texts\"\n";
const REQUISITIONS: &str = "kind = \"requisitions\"\nid = \"no\"\n[fields]\ntitle = \"title\"\ndepartment = \"department\"\nstatus = \"status\"\nheads = \"heads\"\nreason = { path = \"why\", words = { \"fired\" = \"replacement\" } }\nowner = \"owner\"\nbudget = \"budget\"\ncurrency = { default = \"CNY\" }\nnote = \"note\"\ndue_on = { path = \"due\", format = \"%Y-%m-%d\" }\n";
const JOBS: &str = "kind = \"postings\"\nid = \"no\"\ncomplete = true\n[fields]\ntitle = \"title\"\ncity = \"city\"\nrequisition_source_id = \"requisition\"\ncompany = \"employer\"\nurl = \"url\"\nbody = \"text\"\npay_text = \"pay\"\nemployment_type = \"type\"\nposted_at = { path = \"since\", format = \"%Y-%m-%d\" }\n";

fn company() -> Company {
    let company = Company::new();
    for (name, text) in [
        ("inflow.toml", format!("{SETTINGS}{FEED}").as_str()),
        ("channels.toml", "[[channel]]\nid = \"boss\"\nname = { en = \"BOSS\", zh = \"BOSS直聘\" }\n"),
        ("connections/needs.toml", "connector = \"file\"\nchannel = \"boss\"\nmapping = \"mappings/needs.toml\"\n"),
        ("connections/jobs.toml", "connector = \"file\"\nchannel = \"boss\"\nmapping = \"mappings/jobs.toml\"\n"),
        ("mappings/needs.toml", REQUISITIONS),
        ("mappings/jobs.toml", JOBS),
        (
            "needs.csv",
            "no,title,department,status,heads,why,owner,budget,note,due\nR1,Cook wanted by Wang,Kitchen,open,777,fired,Invented Owner,987654,secret merger,2031-05-06\n\
             R2,Waiter,Hall,open,1,fired,Invented Owner,5000,,2031-05-06\nR3,Confidential director,Board,open,1,fired,Invented Owner,5000,,\n",
        ),
        (
            "jobs.csv",
            "no,title,city,requisition,url,text,pay,type,since,employer\nJ1,Cook,Weifang,R1,https://jobs.example/j1,Cook & carve. Ask 13800138000.,6000-8000元/月,Full-time,2026-11-01,Acme Ltd.\n\
             J2,Waiter,Weifang,R2,https://jobs.example/j2,,,,2026-11-02,\n\
             J3,Baker,Weifang,,https://rival.example/j3,Bake.,,,2026-11-03,Rival Foods\n",
        ),
        ("texts/other.md", "nothing of these\n"),
    ] {
        company.write(name, text);
    }
    company.run(&["import", "requisitions", "needs.csv", "--connection", "needs"]).ok();
    company.run(&["import", "postings", "jobs.csv", "--connection", "jobs"]).ok();
    company
}

#[test]
fn openings_go_out_without_what_is_internal_and_end_with_their_requisition() {
    let company = company();
    let feed = company.run(&["feed", "--lang", "en"]).ok();
    assert!(feed.out.contains("<requisitionid><![CDATA[R1]]></requisitionid>") && feed.out.matches("<job>").count() == 1, "{}", feed.out);
    assert!(
        feed.err.contains("left out: Waiter: no posting says what the job is")
            && feed.err.contains("left out: jobs: postings that name another employer: 1 (Rival Foods)")
            && feed.err.contains("1 openings, 2 left out"),
        "{}",
        feed.err
    );
    company.write("texts/R2.md", "You will\n\n- serve\n- smile\n");
    company.run(&["feed", "--format", "rss", "--out", "jobs.rss"]).ok();
    company.run(&["feed", "--format", "jsonld", "--out", "pages"]).ok();
    let rss = std::fs::read_to_string(company.path().join("jobs.rss")).unwrap();
    assert_eq!(rss.matches("<item>").count(), 2, "{rss}");
    let objects: serde_json::Value = serde_json::from_str(&company.run(&["feed", "--format", "jsonld"]).ok().out).unwrap();
    let cook = objects.as_array().unwrap().iter().find(|one| one["identifier"]["value"] == "R1").unwrap();
    assert_eq!(
        (&cook["title"], &cook["employmentType"], &cook["description"]),
        (&"Cook".into(), &"FULL_TIME".into(), &"<p>Cook &amp; carve.</p>".into())
    );
    assert_eq!(
        (&cook["baseSalary"]["value"]["unitText"], &cook["baseSalary"]["value"]["minValue"]),
        (&"MONTH".into(), &6000.0.into()),
        "{cook}"
    );
    let pages = || std::fs::read_dir(company.path().join("pages")).unwrap().map(|entry| entry.unwrap().path()).collect::<Vec<_>>();
    let mut all = format!("{}{rss}{objects}", company.run(&["feed"]).ok().out);
    for page in pages() {
        all.push_str(&std::fs::read_to_string(page).unwrap());
    }
    assert_eq!(pages().len(), 2);
    for internal in [
        "777",
        "987654",
        "Invented Owner",
        "secret",
        "Wang",
        "Confidential",
        "replacement",
        "fired",
        "2031",
        "13800138000",
        "[phone]",
        "validThrough",
        "Rival",
        "rival",
    ] {
        assert!(!all.contains(internal), "{internal} got out: {all}");
    }

    let daemon = Holder::start(&company, &["serve"]);
    let served = daemon.get("/feed/indeed.xml");
    assert!(served.starts_with("HTTP/1.1 200") && served.to_lowercase().contains("etag: w/"), "{served}");
    assert_eq!(served.split_once("\r\n\r\n").unwrap().1, company.run(&["feed"]).ok().out, "the same, to the byte");
    drop(daemon);

    // Filled: it disappears everywhere, its page too.
    let needs = std::fs::read_to_string(company.path().join("needs.csv")).unwrap().replace("Kitchen,open", "Kitchen,filled");
    company.write("needs.csv", needs);
    company.write("inflow.toml", format!("{SETTINGS}{FEED}").replace("11-20T", "11-21T"));
    company.run(&["import", "requisitions", "needs.csv", "--connection", "needs"]).ok();
    let feed = company.run(&["feed"]).ok().out;
    assert!(!feed.contains("R1") && feed.contains("R2"), "{feed}");
    company.run(&["feed", "--format", "jsonld", "--out", "pages"]).ok();
    assert_eq!(pages().len(), 1);

    // Another Inflow reads it with the connector that is there.
    let reader = Company::new();
    reader.write("inflow.toml", SETTINGS);
    reader.write("channels.toml", "[[channel]]\nid = \"boss\"\nname = { en = \"BOSS\", zh = \"BOSS直聘\" }\n");
    let server = Holder::start(&company, &["serve"]);
    reader.write(
        "connections/feed.toml",
        format!("connector = \"indeed_xml\"\nchannel = \"boss\"\n[params]\nfeed_url = \"http://{}/feed/indeed.xml\"\n", server.page()),
    );
    reader.run(&["run", "--once"]).ok();
    let read = reader.query("SELECT title, company, city, requisition_source_id, body, url FROM inflow.postings FINAL FORMAT CSV");
    assert_eq!(read, "\"Waiter\",\"Acme\",\"潍坊\",\"R2\",\"You will\nserve\nsmile\",\"https://jobs.example/j2\"\n");
}
