//! Columns that are never kept: sex, age, marriage, children, ethnicity, faith, politics, household registration, photos, numbers of
//! identity papers, height, weight, health. No mapping can land them, and what is dropped of them is counted.

use unicode_normalization::UnicodeNormalization;

/// What a column would tell of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sensitive {
    /// Sex.
    Sex,
    /// Age. A year of birth may take part in recognising a person, as a digest.
    Age,
    /// Marriage and partners.
    Marriage,
    /// Children, pregnancy, plans for them.
    Children,
    /// Ethnic group, race.
    Ethnicity,
    /// Faith.
    Faith,
    /// Party and politics.
    Politics,
    /// Household registration and native place.
    Household,
    /// A picture of the person.
    Photo,
    /// Number of an identity paper.
    IdNumber,
    /// Height, weight, looks.
    Body,
    /// Health and disability.
    Health,
}

impl Sensitive {
    /// What it tells, for a sentence.
    pub fn about(self) -> &'static str {
        match self {
            Sensitive::Sex => "sex",
            Sensitive::Age => "age",
            Sensitive::Marriage => "marriage",
            Sensitive::Children => "children",
            Sensitive::Ethnicity => "ethnicity",
            Sensitive::Faith => "faith",
            Sensitive::Politics => "politics",
            Sensitive::Household => "household registration",
            Sensitive::Photo => "a photo",
            Sensitive::IdNumber => "an identity paper",
            Sensitive::Body => "height or weight",
            Sensitive::Health => "health",
        }
    }
}

use Sensitive::{Age, Body, Children, Ethnicity, Faith, Health, Household, IdNumber, Marriage, Photo, Politics, Sex};

/// Parts of Chinese column names.
const CHINESE: &[(&str, Sensitive)] = &[
    ("性别", Sex),
    ("年龄", Age),
    ("岁数", Age),
    ("婚", Marriage),
    ("配偶", Marriage),
    ("生育", Children),
    ("子女", Children),
    ("孩子", Children),
    ("小孩", Children),
    ("怀孕", Children),
    ("孕期", Children),
    ("民族", Ethnicity),
    ("种族", Ethnicity),
    ("宗教", Faith),
    ("信仰", Faith),
    ("政治", Politics),
    ("党员", Politics),
    ("党派", Politics),
    ("入党", Politics),
    ("籍贯", Household),
    ("户口", Household),
    ("户籍", Household),
    ("照片", Photo),
    ("相片", Photo),
    ("头像", Photo),
    ("证件照", Photo),
    ("身份证", IdNumber),
    ("证件号", IdNumber),
    ("护照", IdNumber),
    ("社保号", IdNumber),
    ("身高", Body),
    ("体重", Body),
    ("三围", Body),
    ("健康", Health),
    ("病史", Health),
    ("疾病", Health),
    ("体检", Health),
    ("血型", Health),
    ("残疾", Health),
    ("视力", Health),
    ("乙肝", Health),
];

/// English words, each a word of its own in the name.
const ENGLISH: &[(&str, Sensitive)] = &[
    ("gender", Sex),
    ("sex", Sex),
    ("age", Age),
    ("marital", Marriage),
    ("marriage", Marriage),
    ("married", Marriage),
    ("spouse", Marriage),
    ("children", Children),
    ("kids", Children),
    ("pregnant", Children),
    ("pregnancy", Children),
    ("ethnicity", Ethnicity),
    ("ethnic", Ethnicity),
    ("race", Ethnicity),
    ("religion", Faith),
    ("religious", Faith),
    ("political", Politics),
    ("politics", Politics),
    ("hukou", Household),
    ("household", Household),
    ("photo", Photo),
    ("photos", Photo),
    ("photograph", Photo),
    ("headshot", Photo),
    ("avatar", Photo),
    ("ssn", IdNumber),
    ("passport", IdNumber),
    ("height", Body),
    ("weight", Body),
    ("health", Health),
    ("medical", Health),
    ("disability", Health),
    ("disabilities", Health),
    ("disabled", Health),
];

/// Names that are sensitive as a whole: their words alone are not.
const WHOLE: &[(&[&str], Sensitive)] = &[
    (&["id", "number"], IdNumber),
    (&["id", "no"], IdNumber),
    (&["id", "card"], IdNumber),
    (&["id", "card", "number"], IdNumber),
    (&["idcard"], IdNumber),
    (&["identity", "card"], IdNumber),
    (&["identity", "number"], IdNumber),
    (&["national", "id"], IdNumber),
    (&["national", "id", "number"], IdNumber),
    (&["social", "security", "number"], IdNumber),
    (&["native", "place"], Household),
    (&["blood", "type"], Health),
];

/// What the column of that name would tell. A health certificate's state and validity are not sensitive where
/// `certificates` may be kept.
pub fn sensitive(name: &str, certificates: bool) -> Option<Sensitive> {
    let plain: String = name.nfkc().filter(|c| !c.is_whitespace()).collect();
    let words = words_of(name);
    let is_certificate =
        plain.contains("健康证") || words.windows(2).any(|pair| matches!(pair, [a, b] if a == "health" && b.starts_with("certificat")));
    if is_certificate {
        return (!certificates).then_some(Health);
    }
    let chinese = CHINESE.iter().find(|(part, _)| plain.contains(part));
    let english = || ENGLISH.iter().find(|(word, _)| words.iter().any(|own| own == word));
    let whole = || WHOLE.iter().find(|(whole, _)| words.len() == whole.len() && words.iter().zip(*whole).all(|(own, word)| own == word));
    chinese.or_else(english).map(|(_, what)| *what).or_else(|| whole().map(|(_, what)| *what))
}

/// `maritalStatus`, `marital_status` and `Marital Status` are the same two words.
pub(crate) fn words_of(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before = ' ';
    for c in name.nfkc() {
        let starts = c.is_uppercase() && before.is_lowercase();
        if (starts || !c.is_alphanumeric()) && words.last().is_some_and(|word| !word.is_empty()) {
            words.push(String::new());
        }
        if c.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(c.to_lowercase());
        }
        before = c;
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("性别", Sex)]
    #[case("candidateGender", Sex)]
    #[case("年龄", Age)]
    #[case("婚姻状况", Marriage)]
    #[case("婚否", Marriage)]
    #[case("是否有子女", Children)]
    #[case("民 族", Ethnicity)]
    #[case("政治面貌", Politics)]
    #[case("户口所在地", Household)]
    #[case("身份证号码", IdNumber)]
    #[case("身高(cm)", Body)]
    #[case("健康状况", Health)]
    #[case("既往病史", Health)]
    #[case("maritalStatus", Marriage)]
    #[case("Number of children", Children)]
    #[case("photo_url", Photo)]
    #[case("ID Number", IdNumber)]
    #[case("idCard", IdNumber)]
    #[case("disability_status", Health)]
    fn what_is_never_kept(#[case] name: &str, #[case] what: Sensitive) {
        assert_eq!(sensitive(name, false), Some(what));
    }

    #[rstest]
    #[case("姓名")]
    #[case("应聘职位")]
    #[case("id")]
    #[case("candidate_id")]
    #[case("number")]
    #[case("trace_id")]
    #[case("birth_year")]
    #[case("language")]
    #[case("stage")]
    #[case("投递时间")]
    #[case("工作性质")]
    #[case("weighted_score")]
    fn what_may_be_kept(#[case] name: &str) {
        assert_eq!(sensitive(name, false), None);
    }

    #[test]
    fn a_certificate_is_kept_where_certificates_are_read() {
        for name in ["健康证状态", "健康证有效期", "health_certificate_status"] {
            assert_eq!((sensitive(name, true), sensitive(name, false)), (None, Some(Health)), "{name}");
        }
    }
}
