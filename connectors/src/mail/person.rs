//! What looks like a Chinese personal name. People write `应聘-店长-张三` and `应聘-张三-店长`: what is taken for a title is
//! landed in clear, so a name must not pass for one.

/// The hundred and some family names that nine people of ten have.
const SURNAMES: &str = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜\
    崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤尤温康施文牛樊葛邢安齐伍庞颜倪庄聂\
    章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳管柴蒙鲍华喻祁蒲房滕屈饶解牟艾\
    尤阳时穆农司卓古吉缪简车项连芦麦褚娄窦戚岑景党宫费卜冷晏席卫米柏宗瞿桂全佟应臧闵苟邬边卞姬师和仇栾隋商刁沙荣巫寇桑郎甄丛仲虞敖\
    巩明佘池查麻苑迟邝";
const COMPOUND: &[&str] =
    &["欧阳", "司马", "上官", "诸葛", "东方", "皇甫", "尉迟", "公孙", "慕容", "令狐", "长孙", "宇文", "司徒", "夏侯", "南宫", "端木"];
/// How job titles end and names hardly do.
const TITLE_ENDS: &str = "员师工长机管手计台导监助理";

/// Two to four Chinese characters that begin with a family name and do not end like a job.
pub(super) fn looks_like_name(text: &str) -> bool {
    let chars: Vec<char> = text.trim().chars().collect();
    let (Some(first), Some(last)) = (chars.first(), chars.last()) else { return false };
    let han = chars.iter().all(|c| is_han(*c));
    let family = SURNAMES.contains(*first) || COMPOUND.iter().any(|name| text.trim().starts_with(name));
    let most = if COMPOUND.iter().any(|name| text.trim().starts_with(name)) { 4 } else { 3 };
    han && (2..=most).contains(&chars.len()) && family && !TITLE_ENDS.contains(*last)
}

/// A Chinese text, of which a name can be told from other words.
pub(super) fn is_chinese(text: &str) -> bool {
    text.chars().any(is_han)
}

fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}')
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("张测试", true)]
    #[case("欧阳测试", true)]
    #[case("张三", true)]
    #[case("店长", false)]
    #[case("文员", false)]
    #[case("茶艺师", false)]
    #[case("金工", false)]
    #[case("我想", false)]
    #[case("Cook", false)]
    #[case("高级产品经理", false)]
    #[case("", false)]
    fn names_and_titles(#[case] text: &str, #[case] expected: bool) {
        assert_eq!(looks_like_name(text), expected, "{text}");
    }
}
