//! Where a word of `personas.toml` stands in a Chinese text as a word, and not as letters of its neighbours.
//!
//! Chinese has no blanks between words: 研究生 (postgraduate) stands letter by letter in 研究生命科学 (to research life sciences). A text is therefore cut into words by
//! `jieba-rs` (dictionary and the most probable path; words that it does not know fall into single letters, no guesses by its hidden Markov model, which would
//! hide a word in a guess), with the rules' own words in its dictionary. A word stands in a text
//!
//! - as a run of whole words: 销售经验 in 门店/销售/经验;
//! - in a longer word of the dictionary that is made of words of two letters or more: 经理 in 客户经理 (客户 and 经理), 营销 in 网络营销. Not in one that is made otherwise: 经理 in
//!   总经理 or 总经理助理, 研究 in 研究所, 护士 in 护士长, 中国 in 发展中国家. Who means those too names them;
//! - before 员, 工 or 岗, which make of an activity who does it: 收银 in 收银员, 保洁 in 保洁工. Not before other endings: 会计 in 会计师, 研究 in 研究生.
//!
//! What is denied is not understood: 英语 stands in 不会英语.

use std::ops::Range;

use jieba_rs::Jieba;

/// Makes of an activity who does it, or where it is done.
const DOERS: [&str; 3] = ["员", "工", "岗"];
/// A longer word is only ever divided into parts of as many letters or more.
const LEAST_LETTERS: usize = 2;

/// Cuts texts. Loading the dictionary takes a quarter of a second and some 33 MB, which are given back with it.
pub(super) struct Segmenter {
    jieba: Jieba,
}

impl Segmenter {
    /// With words that the dictionary may lack; those that it has keep their frequency, so that they do not win where they do not belong.
    pub(super) fn new(words: &[String]) -> Self {
        let mut jieba = Jieba::new();
        for word in words {
            if !jieba.has_word(word) {
                jieba.add_word(word, None, None);
            }
        }
        Self { jieba }
    }

    /// Those of the words that stand in a text; both are in lower case.
    pub(super) fn standing<'w>(&self, text: &str, words: &'w [String]) -> Vec<&'w str> {
        let mut at = 0;
        let parts: Vec<Range<usize>> = self
            .jieba
            .cut(text, false)
            .iter()
            .map(|token| {
                let part = at..at + token.word.len();
                at = part.end;
                part
            })
            .collect();
        words.iter().filter(|word| places(text, word).any(|place| self.stands(text, &parts, place))).map(String::as_str).collect()
    }

    /// Whether the letters at a place begin and end where words do.
    fn stands(&self, text: &str, parts: &[Range<usize>], place: Range<usize>) -> bool {
        let part_of = |at: usize| parts.iter().find(|part| part.contains(&at)).cloned().unwrap_or(at..at + 1);
        let (first, last) = (part_of(place.start), part_of(place.end - 1));
        let begins = place.start == first.start || self.is_made_of_words(text.get(first.start..place.start));
        let ends = place.end == last.end
            || self.is_made_of_words(text.get(place.end..last.end))
            || text.get(place.end..last.end).is_some_and(|rest| DOERS.contains(&rest));
        // What the word takes of a longer one must be words itself.
        let whole = first == last
            || ((place.start == first.start || self.is_made_of_words(text.get(place.start..first.end)))
                && (place.end == last.end || self.is_made_of_words(text.get(last.start..place.end))));
        begins && ends && whole
    }

    /// Whether letters can be cut into words of the dictionary of two letters or more.
    fn is_made_of_words(&self, text: Option<&str>) -> bool {
        let Some(text) = text.filter(|text| !text.is_empty()) else { return false };
        let ends: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
        // Whether the letters up to each place can be.
        let mut can = vec![false; ends.len()];
        can[0] = true;
        for to in LEAST_LETTERS..ends.len() {
            can[to] = (0..=to - LEAST_LETTERS)
                .any(|from| can[from] && text.get(ends[from]..ends[to]).is_some_and(|part| self.jieba.has_word(part)));
        }
        can.last().copied().unwrap_or_default()
    }
}

/// Every place of a word's letters, overlapping ones too.
fn places<'t>(text: &'t str, word: &'t str) -> impl Iterator<Item = Range<usize>> + 't {
    let step = word.chars().next().map_or(1, char::len_utf8);
    let mut from = 0;
    std::iter::from_fn(move || {
        let at = from + text.get(from..)?.find(word)?;
        from = at + step;
        Some(at..at + word.len())
    })
    .take_while(|place| !place.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Those of the pairs whose word stands in the text; one dictionary knows all words.
    fn found<'p>(pairs: &[(&'p str, &'p str)]) -> Vec<(&'p str, &'p str)> {
        let segmenter = Segmenter::new(&pairs.iter().map(|(word, _)| word.to_lowercase()).collect::<Vec<_>>());
        let stands = |(word, text): &&(&str, &str)| !segmenter.standing(&text.to_lowercase(), &[word.to_lowercase()]).is_empty();
        pairs.iter().filter(stands).copied().collect()
    }

    #[test]
    fn a_word_stands_where_words_begin_and_end() {
        let pairs = [
            ("研究生", "硕士研究生"),
            ("研究", "市场研究"),
            ("研究", "研究生命起源"),
            ("销售经验", "门店销售经验"),
            ("店员", "奶茶店员"),
            ("店员", "药店店员(早班)"),
            ("收银", "超市收银/理货"),
            ("夜班", "可上夜班"),
            ("英语", "英语六级"),
            // In a longer word of words.
            ("经理", "客户经理"),
            ("经理", "项目经理"),
            ("经理", "区域产品经理"),
            ("营销", "网络营销"),
            // Who does it.
            ("收银", "门店收银员"),
            ("理货", "理货员"),
            ("保洁", "保洁工"),
            // Words that no dictionary has, letters and signs among them.
            ("跨境电商", "跨境电商运营"),
            ("C语言", "c语言程序员"),
            ("小红书投放", "负责小红书投放和复盘"),
            // Denied, and not understood.
            ("英语", "不会英语"),
        ];
        assert_eq!(found(&pairs), pairs);
    }

    #[test]
    fn letters_of_other_words_are_no_word() {
        let pairs = [
            ("研究生", "研究生命起源"),
            ("研究生", "研究生物学"),
            ("研究", "研究所"),
            ("研究", "研究生"),
            ("员工", "店员工资"),
            ("经理", "总经理"),
            ("经理", "总经理助理"),
            ("和尚", "结婚的和尚未结婚的"),
            ("市长", "南京市长江大桥"),
            ("护士", "护士长"),
            ("会计", "会计师事务所"),
            ("会计", "社会计划"),
            ("中国", "发展中国家"),
            ("点心", "中西点师"),
            ("商银", "招商银行柜员"),
        ];
        assert_eq!(found(&pairs), []);
    }

    #[test]
    fn every_place_is_looked_at() {
        assert_eq!(places("人人人", "人人").collect::<Vec<_>>(), [0..6, 3..9]);
        assert_eq!(places("人", "").count(), 0);
        // The first 会计 is none, the second is.
        assert_eq!(found(&[("会计", "社会计划部会计")]).len(), 1);
        let words = ["会计".to_owned(), "出纳".to_owned(), "司机".to_owned()];
        assert_eq!(Segmenter::new(&words).standing("出纳会计", &words), ["会计", "出纳"]);
        assert!(Segmenter::new(&words).standing("", &words).is_empty());
    }
}
