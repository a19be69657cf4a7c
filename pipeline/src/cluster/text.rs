//! The text form that bodies are compared in: letters and digits, and hashes of what stands together.

/// Letters in a shingle.
const SHINGLE: usize = 4;

/// Letters in a shingle of a single sentence: a word replaced changes less of a short text.
const SENTENCE_SHINGLE: usize = 3;

/// A sentence of fewer letters (`要求`, `About us`) is a heading and goes with the sentence after it.
const SHORT_SENTENCE: usize = 8;

/// A tag longer than this is no tag but a stray `<`.
const LONGEST_TAG: usize = 400;

/// A body as it is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// Letters and digits in lower case and half width, without markup.
    pub letters: String,
    /// Where in `letters` each sentence ends.
    ends: Vec<usize>,
    /// A bit for each byte of `letters`: whether a word begins there.
    begins: Vec<u64>,
}

impl Text {
    /// Reads a body.
    pub fn of(body: &str) -> Self {
        let mut letters = String::with_capacity(body.len());
        let (mut ends, mut begun, mut rest) = (Vec::new(), 0_usize, body);
        let (mut begins, mut apart) = (vec![0_u64; body.len() / 64 + 1], true);
        while let Some(character) = rest.chars().next() {
            if character == '<'
                && let Some(after) = after_tag(rest)
            {
                rest = after;
                apart = true;
                continue;
            }
            let mut after = rest.chars();
            after.next();
            let next = after.clone().next();
            rest = after.as_str();
            let character = half_width(character);
            if character.is_alphanumeric() {
                if std::mem::take(&mut apart) {
                    mark(&mut begins, letters.len());
                }
                letters.extend(character.to_lowercase());
                begun += 1;
                continue;
            }
            apart = true;
            if begun >= SHORT_SENTENCE && ends_sentence(character, next) {
                ends.push(letters.len());
                begun = 0;
            }
        }
        if begun > 0 || ends.is_empty() {
            ends.push(letters.len());
        }
        begins.truncate(letters.len() / 64 + 1);
        Self { letters, ends, begins }
    }

    /// Whether the text has these letters as words of their own (`ot` is not in `robot`, `ubereats` is in `Uber Eats`); those of Chinese, which
    /// writes no blanks, anywhere. A single letter is found by chance and said nowhere.
    pub(super) fn says(&self, word: &str) -> bool {
        let torn = |at: usize| at < self.letters.len() && self.begins.get(at / 64).is_none_or(|bits| bits >> (at % 64) & 1 == 0);
        word.chars().nth(1).is_some()
            && self.letters.match_indices(word).any(|(at, _)| !word.is_ascii() || !(torn(at) || torn(at + word.len())))
    }

    /// Hashes of all shingles, sorted, each once.
    pub fn shingles(&self) -> Vec<u32> {
        let mut hashes: Vec<u32> = Vec::with_capacity(self.letters.len());
        for_each_shingle(&self.letters, SHINGLE, |hash| hashes.push(fold(hash)));
        sorted(hashes)
    }

    /// Calls `take` with the 64-bit hash of each shingle.
    pub(super) fn for_each(&self, take: impl FnMut(u64)) {
        for_each_shingle(&self.letters, SHINGLE, take);
    }

    /// The sentences.
    pub fn sentences(&self) -> Vec<Sentence> {
        let mut from = 0;
        let mut sentences = Vec::with_capacity(self.ends.len());
        for end in &self.ends {
            let letters = self.letters.get(from..*end).unwrap_or_default();
            let mut hashes = Vec::with_capacity(letters.len());
            for_each_shingle(letters, SENTENCE_SHINGLE, |hash| hashes.push(fold(hash)));
            sentences.push(Sentence { letters: letters.chars().count(), shingles: sorted(hashes) });
            from = *end;
        }
        sentences
    }
}

/// A sentence.
#[derive(Debug, Clone)]
pub struct Sentence {
    /// How long it is.
    pub letters: usize,
    /// Hashes of its shingles, sorted.
    pub shingles: Vec<u32>,
}

fn mark(bits: &mut Vec<u64>, at: usize) {
    // A letter in lower case may take more bytes than it had.
    if at / 64 >= bits.len() {
        bits.resize(at / 64 + 1, 0);
    }
    bits[at / 64] |= 1 << (at % 64);
}

fn sorted(mut hashes: Vec<u32>) -> Vec<u32> {
    hashes.sort_unstable();
    hashes.dedup();
    hashes
}

#[expect(clippy::cast_possible_truncation, reason = "both halves take part")]
fn fold(hash: u64) -> u32 {
    (hash ^ (hash >> 32)) as u32
}

/// What follows a tag that `text` begins with.
fn after_tag(text: &str) -> Option<&str> {
    let inside = text.strip_prefix('<')?;
    let first = inside.chars().next()?;
    if !(first.is_ascii_alphabetic() || first == '/' || first == '!') {
        return None;
    }
    let (tag, after) = inside.split_once('>')?;
    (tag.len() <= LONGEST_TAG).then_some(after)
}

/// Full-width Latin letters, digits and signs as the ones on a keyboard.
fn half_width(character: char) -> char {
    match character {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(character as u32 - 0xfee0).unwrap_or(character),
        '\u{3000}' => ' ',
        other => other,
    }
}

/// A dot ends a sentence before a blank only: `3.5`, `node.js`.
fn ends_sentence(character: char, next: Option<char>) -> bool {
    match character {
        '\n' | '\r' | '。' | ';' | '!' | '?' | '•' | '·' | '●' | '\u{2028}' => true,
        '.' | ':' => next.is_none_or(char::is_whitespace),
        _ => false,
    }
}

/// Calls `take` with the hash of each run of `width` letters; a shorter text is one run.
fn for_each_shingle(letters: &str, width: usize, mut take: impl FnMut(u64)) {
    let mut window = [0_u32; SHINGLE];
    let mut seen = 0_usize;
    for character in letters.chars() {
        window.rotate_left(1);
        window[SHINGLE - 1] = character as u32;
        seen += 1;
        if seen >= width {
            take(hash(&window[SHINGLE - width..]));
        }
    }
    if seen > 0 && seen < width {
        take(hash(&window[SHINGLE - seen..]));
    }
}

fn hash(window: &[u32]) -> u64 {
    window.iter().fold(0x9e37_79b9_7f4a_7c15, |hash: u64, letter| mix(hash ^ u64::from(*letter)))
}

/// A full-period mix of 64 bits (the finaliser of `SplitMix64`): the same on every machine and in every version.
pub(super) fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

/// How many of two sorted lists are in both.
pub(super) fn common(a: &[u32], b: &[u32]) -> usize {
    let (mut at, mut of, mut both) = (0, 0, 0);
    while let (Some(x), Some(y)) = (a.get(at), b.get(of)) {
        at += usize::from(x <= y);
        of += usize::from(y <= x);
        both += usize::from(x == y);
    }
    both
}

#[cfg(test)]
mod tests {
    use super::Text;

    #[test]
    fn markup_signs_and_case_are_left_out() {
        assert_eq!(Text::of("<p>负责 R&D;</p><br/>Ｊａｖａ、C++ 3.5年").letters, "负责rdjavac35年");
        assert_eq!(Text::of("a < b, c > d").letters, "abcd");
        assert_eq!(Text::of("").letters, "");
    }

    #[test]
    fn sentences_end_where_people_end_them_and_headings_go_along() {
        let text = Text::of("岗位职责:\n1. 负责订单系统的设计与开发;2. 参与代码评审和文档编写。Use node.js 3.5 daily. Write plain tests");
        assert_eq!(text.sentences().len(), 4);
        assert_eq!(Text::of("短").sentences().len(), 1);
    }

    #[test]
    fn words_are_said_by_themselves() {
        let text = Text::of("<li>Robots for Uber Eats</li>SOC<br>负责支付系统 (OT)");
        for (word, expected) in
            [("ot", true), ("soc", true), ("ubereats", true), ("uber", true), ("支付", true), ("系统", true), ("", false)]
        {
            assert_eq!(text.says(word), expected, "{word}");
        }
        let other = Text::of("Not a robot, an associate. T2");
        assert!(!["ot", "soc", "robo", "t", "支付"].iter().any(|word| other.says(word)));
        assert!(other.says("t2"));
    }

    #[test]
    fn order_of_shingles_says_nothing_and_short_texts_have_one() {
        assert_eq!(Text::of("ab").shingles().len(), 1);
        assert_eq!(Text::of("").shingles().len(), 0);
        assert_eq!(Text::of("abcdabcd").shingles().len(), 4);
    }
}
