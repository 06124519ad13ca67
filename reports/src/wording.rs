//! 用语 · Every word of both languages, in tables: Chinese first, English beside it.
//!
//! Why so: evidence holds facts and no sentences, so a report of any language can be made from any
//! run. One line holds both languages, so that none is forgotten. JSON keys, class names, rule
//! numbers and exit codes are never translated and are not here.

pub(crate) mod calls;
pub(crate) mod classes;
pub(crate) mod review;
pub(crate) mod sentence;
pub(crate) mod terms;

/// 语言 · Which language a report speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lang {
    /// 中文
    Zh,
    /// English
    En,
}

impl Lang {
    /// The one of two texts that is in this language.
    pub fn pick<'a>(self, zh: &'a str, en: &'a str) -> &'a str {
        match self {
            Lang::Zh => zh,
            Lang::En => en,
        }
    }

    /// `zh-CN`, `en`, for the page.
    pub(crate) fn tag(self) -> &'static str {
        match self {
            Lang::Zh => "zh-CN",
            Lang::En => "en",
        }
    }
}

macro_rules! words {
    ($($word:ident $zh:literal $en:literal;)*) => {
        /// 词 · A word or short phrase that stands alone: a heading, a label.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[expect(non_camel_case_types, reason = "templates name words as they name everything else")]
        pub(crate) enum Word { $($word),* }

        impl Word {
            /// All words, for templates.
            pub(crate) const ALL: &[Word] = &[$(Word::$word),*];

            /// Its name in templates.
            pub(crate) fn name(self) -> &'static str {
                match self { $(Word::$word => stringify!($word)),* }
            }

            /// The word in a language.
            pub(crate) fn say(self, lang: Lang) -> &'static str {
                match self { $(Word::$word => lang.pick($zh, $en)),* }
            }
        }
    };
}

words! {
    report "交叉刷卡联调验证报告" "Cross-swipe rehearsal report";
    run "运行" "run";
    source "依据" "source";
    faults "注入故障" "faults asked for";
    faults_met "命中报文 {} 条" "met {} messages";
    timeline "窗口时间轴（北京时间）" "Window (China time)";
    timeline_short "时间轴" "Timeline";
    matrix "交叉矩阵（行＝参保地，列＝就医地；格＝最差状态与用例数）" "Cross matrix (row = insured at, column = treated at; cell = worst state and cases)";
    matrix_short "交叉矩阵" "Cross matrix";
    insured "参保地" "insured at";
    treatment "就医地" "treated at";
    corner "参保＼就医" "ins. / treat.";
    legend "图例" "legend";
    covered "覆盖" "covered";
    beside "矩阵之外的用例" "cases beside the matrix";
    pairs "对" "pairs";
    missing "未覆盖" "not covered";
    counts "计数" "Counts";
    cases "用例" "cases";
    institution "机构" "institution";
    sequence "时序图" "sequence";
    sequence_legend "实线为正向、虚线为撤销；● 该方账上有，✕ 该方账上没有（按各方流水画，不按答复）" "solid: forward, dashed: undo; a dot: in that party's books, a cross: not in them (drawn from the logs of the parties, not from answers)";
    ticket "复制为工单" "copy as ticket";
    copied "已复制" "copied";
    pretty "排版" "pretty";
    as_curl "复制为 curl" "copy as curl";
    keys "/ 查找 · n p 下一个、上一个未通过 · o 打开或关上 · c 复制链接 · l 换语言 · ? 帮助" "/ search, n p next and previous not good, o open or shut, c copy link, l other language, ? help";
    help "帮助" "help";
    no_data "全部用例的表格要用脚本和 Chromium 86 以上的浏览器；结论、未回退清单和本页其余部分已经齐全。全部用例也可这样导出：" "The table of all cases needs script and a browser of Chromium 86 or later; verdict, open list and the rest of this page are complete. All cases can also be written by:";
    not_good_short "未通过" "not good";
    not_good_more "另有 {} 个未通过的用例，见「全部用例」。" "and {} more cases that are not good: see all cases.";
    why_bad "何处不对" "what is wrong";
    failed_undos "撤销失败与未发出" "Undos that failed or were never sent";
    failed_undos_more "另有 {} 次失败的撤销，之后都已撤成；见回退核验表（csv）。" "and {} failed undos that succeeded later: see rollback.csv.";
    undo_never_sent "没有发出撤销" "no undo was sent";
    undo_then "后来" "since then";
    elsewhere "本页只全文收录未通过的用例和每类业务的一个通过用例。本用例的整页，这样写出：" "In full here are cases that are not good, and one good case per business. The page of this case is written by:";
    case_page "用例页" "case page";
    tag "标签" "tag";
    error_code "错误码" "error code";
    visit "就诊 ID" "visit id";
    settlement "结算 ID" "settlement id";
    message_ids "报文 ID" "message ids";
    title "名称" "title";
    began "开始" "began";
    took "耗时 ms" "took ms";
    open_amount "未回退金额" "amount open";
    group "分组" "group by";
    no_group "不分组" "no groups";
    columns "列" "columns";
    export_rows "导出所见各行（CSV）" "export visible rows (CSV)";
    close "关上" "close";
    copy_link "复制链接" "copy link";
    nothing_fits "没有符合的用例。" "No case fits.";
    print_first "打印只列前 {} 行。" "Only the first {} rows are printed.";
    fields "字段表" "fields";
    balance "账户余额（按答复，结算前 → 后 → 回退后）" "account balance (as answered: before, settled, undone)";
    record "日志记录" "journal record";
    certificate_title "回退证书" "Certificate";
    evidence_of "各方账册的摘要（sha256 前 16 位）" "Digests of the parties' books (first 16 of sha256)";
    evidence_hint "全长摘要在 journal.db 的 SNAP 记录里，文件在 exports/。" "Whole digests stand in the SNAP records of journal.db, the files in exports/.";
    call "联系" "call";
    sign_off "签字页" "Sign-off";
    sign_by "经办人" "prepared by";
    sign_checked "复核人" "checked by";
    sign_head "单位负责人" "head of unit";
    sign_stamp "公章" "stamp";
    sign_date "日期" "date";
    sign_hint "签字前请核对链首、链尾与各自抄件一致。" "Before signing, compare head and tail with your own note.";
    sort_hint "点列名排序，再点反序" "click a heading to sort, again for the other way";
    any "全部" "any";
    more_like_it "另有 {} 条，见问题清单（crosswipe report … --format csv）。" "and {} more: see problems.csv (crosswipe report ... --format csv).";
    transactions "交易" "transactions";
    planned "计划" "planned";
    ran "已执行" "run";
    passed "通过" "passed";
    failed "失败" "failed";
    error "错误" "error";
    blocked "阻塞" "blocked";
    skipped "跳过" "skipped";
    waived "豁免" "waived";
    known_issues "已知问题" "Known issues";
    review "复核（不改变结论）" "Review (changes no verdict)";
    apart "本用例等的是医院自己系统的报文，报文记在这些就诊之下（同一机构、同一人）：" "This case waits for what the institution's own system sends; the messages stand under these visits (same institution and person):";
    whole_run "← 整次运行" "<- the whole run";
    by_place "就医地" "Places of care";
    place_hint "本页只列这一就医地的用例；结论是整次运行的，证书、账册、矩阵与签字页见索引。" "This page lists the cases of one place of care; the verdict is that of the whole run, whose certificate, books, matrix and sign-off stand on the index.";
    review_short "复核" "Review";
    review_hint "以下都不改变结论、规则与退出码；原结论留在旁边。" "None of this changes verdict, rules or exit code; what the run says stays beside it.";
    review_tail "复核链尾" "end of the review chain";
    said_by "何人" "by";
    said_at "时间" "time";
    said_on "所指" "of";
    said "所说" "said";
    signed_already "已签字" "Signed";
    sign_role "角色" "role";
    sign_what "所签结论" "signed verdict";
    due "期限" "due";
    came_to "结果" "came to";
    intended "发起" "intended";
    ok "成功" "ok";
    refused "拒绝" "refused";
    unknown "未知" "unknown";
    never_applied "从未生效" "never applied";
    reversed "已回退" "reversed";
    unresolved "未了结" "unresolved";
    open "未回退" "not rolled back";
    open_list "未回退清单" "What is open";
    papers_next "补来缺的清单，或请该方查明再读入。" "Read in the lists that are missing, or ask that party and read in again.";
    resume_next "用 resume 继续回退；仍不成则联系该方。" "Go on undoing with resume; if that fails, call that party.";
    open_none "无。每笔交易都已回退并核验。" "Nothing: every transaction was rolled back and verified.";
    open_none_seen "清单为空，但不能据此认定干净：见结论与未核事项。" "The list is empty, which alone proves nothing: read the verdict and what was not checked.";
    books "账册" "Books";
    books_money "账册：金额（元）" "Books: money (yuan)";
    books_counts "账册：数量" "Books: counts";
    party "方" "party";
    book "账" "book";
    at_t0 "t0 起点" "at t0";
    at_peak "峰值" "peak";
    at_t1 "t1 回退后" "at t1";
    at_t2 "t2 日切后" "at t2";
    books_of_party "逐方逐格" "Cells of one party";
    choose_party "选一方…" "choose a party...";
    cells_at_rest "也列没有动过的" "also those at rest";
    cells_more "另有 {} 格没有列出。" "and {} more cells.";
    cells_none "没有动过的账格。" "No cell moved.";
    cells_hint "每类账之下逐格列出，t0、t1、t2 各格相加即为该类账；峰值是各行自己的最远处，不相加。测试余差按 t1 计。" "Each book stands before its cells, which add up to it at t0, t1 and t2; peaks are each line's own and do not add up. What tests left is taken at t1.";
    cells_in_parts "合成的运行不列 t2 和逐格账：见各分片自己的报告。" "A run put together shows no t2 and no cells: see the reports of its parts.";
    count_mark "（数）" " (count)";
    by_others "公众业务" "public traffic";
    difference "测试余差" "left by tests";
    rules "规则" "Rules";
    rule "规则" "rule";
    state "状态" "state";
    level "证据" "evidence";
    compared "核对项" "compared";
    findings "发现" "Findings";
    causes "起因" "causes";
    unpriced "{} 笔金额不详" "{} of unknown amount";
    findings_none "无。" "None.";
    alike "同类" "alike";
    others_moved "测试余差 = t1 − t0 − 测试以外的业务（公众刷卡）；R1 逐格核对同此。" "left by tests = t1 less t0 less business outside the tests (public traffic); R1 compares so cell by cell.";
    undone_with "随此笔一并撤销" "undone with";
    all_parties "{} 方各" "each of {} parties";
    consequences "由此引出" "follows from it";
    class "类别" "class";
    about "交易" "transaction";
    case "用例" "case";
    person "人员（化名）" "person (pseudonym)";
    place "位置" "where";
    expected "应为" "expected";
    actual "实为" "actual";
    answered_by "与其答复不符" "contradicts the answer of";
    witness "见证" "witness";
    meaning "含义" "meaning";
    next "下一步" "next step";
    uncertain "不能判定" "cannot tell";
    not_good "未通过的用例" "Cases that are not good";
    check "检查" "check";
    held "成立" "held";
    not_held "不成立" "does not hold";
    notes "附注（不影响结论）" "Notes (never change the verdict)";
    verdict "结论" "Verdict";
    files "文件" "Files";
    journal "证据日志" "journal";
    part "分片" "part";
    exports "各方账册" "exports";
    certificate "证书" "certificate";
    page "网页" "page";
    head "链首" "chain head";
    tail "链尾" "chain tail";
    records "条记录" "records";
    recheck "重新核验" "check again";
    owner "责任方" "owner";
    anchor "持有全部文件的人可以重写全部文件；请把链首、链尾抄在纸上，日后用 verify --anchor 核对：改动必与抄件不符。" "Who holds all files could write all of them anew: note head and tail on paper and compare with verify --anchor; no change will match the note.";
    more "另有" "and";
    more_in "条，见" "more, see";
    all_cases "全部用例" "All cases";
    filter "筛选" "filter";
    filter_hint "用例、城市、机构、错误码、结算号…（按 / 键）" "case, city, institution, code, settlement id... (press /)";
    shown "显示" "shown";
    result "结果" "result";
    rollback "回退" "rollback";
    business "业务" "business";
    forward "正向" "forward";
    undo "回退" "undo";
    queries "查询与预结算" "queries and trials";
    amount "金额" "amount";
    proof "核实" "shown by";
    raw "报文全文（已脱敏）" "messages in full (masked)";
    gated "闸门拦下，未发出" "stopped at the gate, not sent";
    attempt "第 {} 次" "attempt {}";
    applied "入账" "applied";
    tombstone "墓碑" "tombstone";
    other_messages "用例以外的报文" "messages outside the cases";
    not_checked "未核事项" "Not checked";
    statements "具名说明" "Statements of named persons";
    cannot_undo "任何账册都抹不掉的" "What no ledger undoes";
    places_more "另有账册差异 {} 处" "and {} differences in books";
    person_names "人员以化名出现；同一计划中一人一名。" "Persons appear under pseudonyms: one person, one name in a plan.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_said_in_both_languages() {
        for word in Word::ALL {
            let (zh, en) = (word.say(Lang::Zh), word.say(Lang::En));
            assert!(!zh.trim().is_empty() && en.is_ascii(), "{word:?}: {en}");
            assert_eq!(zh.contains("{}"), en.contains("{}"), "{word:?}");
        }
    }
}
