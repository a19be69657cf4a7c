use super::{PlaceKind, read};
use proptest::prelude::*;
use rstest::rstest;

/// Country, province, city and district with strokes between, then the kind where it is not a city's.
fn shown(text: &str) -> String {
    let place = read(text);
    let mut shown = [place.country, place.province, place.city, place.district].join("/");
    if place.kind != PlaceKind::City {
        shown = format!("{shown} {}", place.kind.as_str());
    }
    if !place.cities.is_empty() {
        shown = format!("{shown} {}", place.cities.join("+"));
    }
    if place.kind == PlaceKind::City && !place.known { format!("{shown} ?") } else { shown }
}

#[rstest]
#[case("上海市", "CN/上海/上海/")]
#[case("上海-浦东新区", "CN/上海/上海/浦东")]
#[case("上海·浦东新区·张江", "CN/上海/上海/浦东")]
#[case("广东省 深圳市", "CN/广东/深圳/")]
#[case("广东省广州市天河区", "CN/广东/广州/天河")]
#[case("北京·朝阳区·望京", "CN/北京/北京/朝阳")]
#[case("深圳南山区", "CN/广东/深圳/南山")]
#[case("深圳南山科技园", "CN/广东/深圳/南山")]
#[case("成都-武侯区-新会展中心", "CN/四川/成都/武侯")]
#[case("新疆维吾尔自治区乌鲁木齐市", "CN/新疆/乌鲁木齐/")]
#[case("内蒙古自治区-呼和浩特-赛罕区", "CN/内蒙古/呼和浩特/赛罕")]
#[case("恩施土家族苗族自治州", "CN/湖北/恩施/")]
#[case("昆山", "CN/江苏/苏州/昆山")]
#[case("苏州昆山市", "CN/江苏/苏州/昆山")]
#[case("朝阳", "CN/辽宁/朝阳/")]
#[case("朝阳市", "CN/辽宁/朝阳/")]
#[case("长春朝阳区", "CN/吉林/长春/朝阳")]
#[case("朝阳区", "CN///朝阳 unknown")]
#[case("海南", "CN/海南// region")]
#[case("海南 三亚", "CN/海南/三亚/")]
#[case("吉林", "CN/吉林// region")]
#[case("吉林市", "CN/吉林/吉林/")]
#[case("鼓楼区", "CN///鼓楼 unknown")]
#[case("南京鼓楼", "CN/江苏/南京/鼓楼")]
#[case("哈尔滨道里区", "CN/黑龙江/哈尔滨/道里")]
#[case("臺北市", "CN/台湾/台北/")]
#[case("香港", "CN/香港/香港/")]
#[case("Hong Kong SAR", "CN/香港/香港/")]
#[case("Shenzhen, Guangdong", "CN/广东/深圳/")]
#[case("Shanghai, China", "CN/上海/上海/")]
#[case("Pudong, Shanghai", "CN/上海/上海/浦东")]
#[case("Chaoyang District, Beijing", "CN/北京/北京/朝阳")]
#[case("Xi'an", "CN/陕西/西安/")]
#[case("Xian, Shaanxi, China", "CN/陕西/西安/")]
#[case("Suzhou", "CN/江苏/苏州/")]
#[case("Suzhou, Anhui", "CN/安徽/宿州/")]
#[case("Harbin", "CN/黑龙江/哈尔滨/")]
#[case("Peking", "CN/北京/北京/")]
#[case("上海 Shanghai", "CN/上海/上海/")]
#[case("中国,上海", "CN/上海/上海/")]
#[case("San Francisco, CA", "US/California/San Francisco/")]
#[case("US-CA-San Francisco", "US/California/San Francisco/")]
#[case("New York, NY, USA", "US/New York/New York/")]
#[case("New York, New York", "US/New York/New York/")]
#[case("Springfield, IL", "US/Illinois/Springfield/ ?")]
#[case("Paris, TX", "US/Texas/Paris/ ?")]
#[case("Cambridge, MA", "US/Massachusetts/Cambridge/")]
#[case("Cambridge, UK", "GB/England/Cambridge/")]
#[case("London, UK", "GB/England/London/")]
#[case("München", "DE//Munich/")]
#[case("Berlin, DE", "DE//Berlin/")]
#[case("Bangalore, IN", "IN/Karnataka/Bengaluru/")]
#[case("Toronto, CA", "CA/Ontario/Toronto/")]
#[case("Sao Paulo, Brazil", "BR//São Paulo/")]
#[case("新加坡", "SG//Singapore/")]
#[case("东京", "JP//Tokyo/")]
#[case("Atlanta, Georgia", "US/Georgia/Atlanta/")]
#[case("Remote", "/// remote")]
#[case("USA - Remote", "US/// remote")]
#[case("Remote (Germany)", "DE/// remote")]
#[case("Remote, US", "US/// remote")]
#[case("Berlin or Remote", "DE//Berlin/")]
#[case("Germany", "DE/// region")]
#[case("全国", "/// nationwide")]
#[case("远程", "/// remote")]
#[case("3 Locations", "/// several")]
#[case("Multiple Locations", "/// several")]
#[case("北京/上海/深圳", "CN/// several 上海+北京+深圳")]
#[case("上海、杭州", "CN/// several 上海+杭州")]
#[case("广州,深圳", "CN/广东// several 广州+深圳")]
#[case("上海浦东新区/徐汇区", "CN/上海/上海/")]
#[case("London / Paris", "/// several London+Paris")]
#[case("北京路店", "/// unknown")]
#[case("", "/// ")]
#[case("Unspecified", "/// ")]
#[case("暂无", "/// ")]
fn places(#[case] text: &str, #[case] expected: &str) {
    assert_eq!(shown(text), expected, "{text}");
}

proptest! {
    #[test]
    fn any_text_is_read(text in "\\PC{0,40}") {
        let _ = read(&text);
    }

    #[test]
    fn what_was_read_reads_the_same(text in "(上海|北京|深圳|广东|朝阳|Shanghai|London|TX|UK|Remote|[/, -]){0,5}") {
        let first = read(&text);
        if first.known {
            let again = read(&format!("{} {}", first.city, first.district));
            prop_assert_eq!(again.city, first.city);
        }
    }
}
