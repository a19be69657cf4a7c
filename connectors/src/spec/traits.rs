//! What sources say of people in free words (tags, education, experience), less the words that tell of what is never kept.
//!
//! A column called 婚姻状况 is dropped by its name; a recruiter's tag `已婚` stands in a column whose name tells nothing, so the words are
//! looked at. What tells of sex, age, family, origin, health or looks is taken out before anything is landed, and so is the person's
//! own name.

use serde_json::Value;

use super::sensitive::{sensitive, words_of};

/// Between the words of one text.
const SEPARATORS: &[char] = &[',', '，', '、', ';', '；', '|', '｜', '/', '／', '\n', '\t'];

/// Words that are about sex or family when they stand alone; within longer ones (女装导购) they are about the work.
const ALONE: &[&str] = &[
    "男",
    "女",
    "男性",
    "女性",
    "男生",
    "女生",
    "男士",
    "女士",
    "先生",
    "小姐",
    "帅哥",
    "美女",
    "宝妈",
    "宝爸",
    "单身",
    "本地人",
    "外地人",
    "male",
    "female",
    "man",
    "woman",
    "boy",
    "girl",
    "mother",
    "father",
    "single",
    "divorced",
];

/// Parts of words that are about age.
const AGE: &[&str] = &["岁", "年龄", "年纪", "生日", "属相", "星座"];

/// Parts of words that are about family.
const FAMILY: &[&str] = &["孕", "备产", "二胎", "宝宝", "娃"];

/// English words about age and sex, each a word of its own.
const ENGLISH: &[&str] = &["aged", "birthday", "born", "lgbt", "gay", "lesbian", "transgender", "nationality"];

/// The ethnic groups of China, without 族 except where the name needs it.
const GROUPS: &str = "汉 壮 满 回 苗 维吾尔 土家 彝 蒙古 藏 布依 侗 瑶 朝鲜 白 哈尼 哈萨克 黎 傣 畲 傈僳 仡佬 东乡 高山 拉祜 水 佤 纳西 羌 土 仫佬 锡伯 柯尔克孜 达斡尔 景颇 毛南 撒拉 布朗 塔吉克 阿昌 普米 鄂温克 怒 京 基诺 德昂 保安 俄罗斯 裕固 乌孜别克 门巴 鄂伦春 独龙 塔塔尔 赫哲 珞巴";

/// Takes out of a value what may not be kept; `names` are those of the person.
pub(crate) fn keep_lawful(value: &mut Value, names: &[String]) {
    match value {
        Value::String(text) => {
            if let Some(kept) = lawful(text, names) {
                *text = kept;
            }
        }
        Value::Array(list) => {
            for inner in list.iter_mut() {
                keep_lawful(inner, names);
            }
            list.retain(|inner| inner.as_str() != Some(""));
        }
        Value::Object(map) => {
            for inner in map.values_mut() {
                keep_lawful(inner, names);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// What is left of a text; `None`: all of it.
fn lawful(text: &str, names: &[String]) -> Option<String> {
    let parts: Vec<&str> = text.split(SEPARATORS).map(str::trim).filter(|part| !part.is_empty()).collect();
    if !parts.iter().any(|part| tells(part, names)) {
        return None;
    }
    // A bare number beside something personal is likely an age.
    let is_number = |part: &str| part.chars().all(char::is_numeric);
    Some(parts.into_iter().filter(|part| !tells(part, names) && !is_number(part)).collect::<Vec<_>>().join(","))
}

/// Whether a word tells of what is never kept.
fn tells(word: &str, names: &[String]) -> bool {
    let lower = word.to_lowercase();
    ALONE.contains(&lower.as_str())
        || AGE.iter().chain(FAMILY).any(|part| lower.contains(part))
        || is_decade(&lower)
        || is_ethnic(&lower)
        // A health certificate is a permit to work with food.
        || sensitive(word, true).is_some()
        || words_of(word).iter().any(|own| ENGLISH.contains(&own.as_str()))
        || lower.contains("years old")
        || names.iter().any(|name| name.chars().nth(1).is_some() && lower.contains(&name.to_lowercase()))
}

/// 90后, 1990后, 95后.
fn is_decade(word: &str) -> bool {
    word.strip_suffix('后').is_some_and(|years| matches!(years.len(), 2 | 4) && years.bytes().all(|b| b.is_ascii_digit()))
}

fn is_ethnic(word: &str) -> bool {
    word.strip_suffix('族').is_some_and(|stem| GROUPS.split(' ').any(|group| group == stem))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    #[rstest]
    #[case("收银,女,28岁,能上夜班", "收银,能上夜班")]
    #[case("已婚已育、导购经验", "导购经验")]
    #[case("女/26/本科", "本科")]
    #[case("90后;党员;英语四级", "英语四级")]
    #[case("回族|川菜", "川菜")]
    #[case("Female, barista", "barista")]
    #[case("25 years old", "")]
    #[case("身高170cm,叉车证", "叉车证")]
    #[case("测试甲推荐,收银", "收银")]
    fn what_is_taken_out(#[case] text: &str, #[case] kept: &str) {
        let mut value = json!(text);
        keep_lawful(&mut value, &["测试甲".to_owned()]);
        assert_eq!(value, json!(kept));
    }

    #[rstest]
    #[case("3-5年")]
    #[case("女装导购,男鞋")]
    #[case("大专")]
    #[case("上班族")]
    #[case("售后,收银")]
    #[case("健康证")]
    #[case("Barista / cashier")]
    #[case("3")]
    fn what_stays(#[case] text: &str) {
        let mut value = json!(text);
        keep_lawful(&mut value, &[]);
        assert_eq!(value, json!(text));
    }

    #[test]
    fn lists_lose_what_may_not_be_kept() {
        let mut value = json!(["Barista", "女", "已婚", {"name": "80后"}, 7]);
        keep_lawful(&mut value, &[]);
        assert_eq!(value, json!(["Barista", {"name": ""}, 7]));
    }
}
