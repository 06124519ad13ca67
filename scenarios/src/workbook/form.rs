//! 表样 · The sheets of a plan workbook: their names, their columns, the words that a cell may hold.
//!
//! Why one table: what is written, what is read, what stands in the drop-downs and what a converted plan is cut into must be
//! the same columns. The words are the Chinese of the plan's own; a cell may hold those of the files too.
//! Called by `read`, `write` and `convert`. Not here: what a value means (the readers of each file).

/// 表 · One sheet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Form {
    pub(crate) name: &'static str,
    pub(crate) columns: &'static [Column],
    /// What the sheet is for, in one line.
    pub(crate) about: &'static str,
}

/// 列 · One column.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column {
    pub(crate) zh: &'static str,
    /// The key that it fills in the files.
    pub(crate) key: &'static str,
    pub(crate) kind: Kind,
    /// What the grey example row shows.
    pub(crate) example: &'static str,
}

/// 填法 · What a cell holds.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    /// Text, codes and amounts, as written.
    Plain,
    /// One of these words: here, in the files.
    One(&'static [(&'static str, &'static str)]),
    /// Some of these words.
    Some(&'static [(&'static str, &'static str)]),
    /// Names, with `、` or a comma between them.
    List,
    /// An instant, with or without `+08:00`.
    Instant,
    /// The name of a bill on the sheet 费用.
    Basket,
    /// `key: value, key: value`: what has no column of its own.
    Pairs,
}

const fn column(zh: &'static str, key: &'static str, kind: Kind, example: &'static str) -> Column {
    Column {
        zh,
        key,
        kind,
        example,
    }
}

pub(crate) const BUSINESS: &[(&str, &str)] = &[
    ("门诊", "outpatient"),
    ("住院", "inpatient"),
    ("药店", "pharmacy"),
    ("备案", "filing"),
];
const ALLOWED: &[(&str, &str)] = &[
    ("门诊", "outpatient"),
    ("住院", "inpatient"),
    ("药店", "pharmacy"),
    ("备案", "filing"),
    ("不限", "any"),
];
const SCOPE: &[(&str, &str)] = &[
    ("跨统筹区", "cross-region"),
    ("约定对", "arranged"),
    ("同统筹区", "local"),
    ("不限", "any"),
];
const KIND: &[(&str, &str)] = &[
    ("准备", "prepare"),
    ("清理在途", "drain"),
    ("停机", "frozen"),
    ("切换", "switch"),
    ("联调", "joint"),
    ("验证", "verify"),
    ("上线", "live"),
    ("补录", "catchup"),
];
const PUBLIC: &[(&str, &str)] = &[("停", "closed"), ("开", "open")];
const ALL: &[(&str, &str)] = &[("全部", "all")];
const OUTCOME: &[(&str, &str)] = &[
    ("成功", "ok"),
    ("平台拒绝", "refused"),
    ("闸门拦下", "gate"),
];
const WHO: &[(&str, &str)] = &[
    ("省平台", "province"),
    ("经办", "agency"),
    ("医院", "hospital"),
    ("药店", "pharmacy"),
    ("用人单位", "employer"),
    ("参保人", "public"),
];
/// What a line of 参与方 is.
pub(crate) const PLACE: &[(&str, &str)] = &[
    ("省平台", "hub"),
    ("统筹区", "region"),
    ("机构", "institution"),
];
/// Who swipes at an institution.
const HANDS: &[(&str, &str)] = &[("人工", "manual"), ("程序", "driven")];
const YES: &[(&str, &str)] = &[("是", "yes"), ("否", "no")];
const USE: &[(&str, &str)] = &[("矩阵", "matrix"), ("专用", "named"), ("公众", "public")];
const INSUTYPE: &[(&str, &str)] = &[("310", "310"), ("390", "390")];

/// The lines above the phases: what is asked, its key in `plan.yaml`, how it is filled in.
pub(crate) const HEAD: &[Column] = &[
    column("计划", "plan", Kind::Plain, ""),
    column("标题", "zh", Kind::Plain, ""),
    column("英文标题", "en", Kind::Plain, ""),
    column("公告", "source", Kind::Plain, ""),
    column("回退", "rollback", Kind::One(ALL), ""),
    column("跨区业务", "cross_swipe", Kind::Some(BUSINESS), ""),
    column("收口边际", "margin", Kind::Plain, ""),
    column("探针费用", "probe", Kind::Basket, ""),
];

pub(crate) const WINDOW: Form = Form {
    name: "窗口",
    about: "公告的各个阶段, 从早到晚首尾相接; 起含, 止不含, 「24时」写次日 00:00",
    columns: &[
        column("阶段", "id", Kind::Plain, "cross"),
        column("类型", "kind", Kind::One(KIND), "验证"),
        column("起", "from", Kind::Instant, "2017-06-02 09:00"),
        column("止", "to", Kind::Instant, "2017-06-04 18:00"),
        column("允许业务", "business", Kind::Some(ALLOWED), "门诊、住院"),
        column("范围", "scope", Kind::One(SCOPE), "跨统筹区"),
        column("公众", "public", Kind::One(PUBLIC), "停"),
        column("公告原文", "quote", Kind::Plain, "组织各地市进行交叉测试"),
        column("其他", "", Kind::Pairs, ""),
    ],
};
pub(crate) const PARTIES: Form = Form {
    name: "参与方",
    about: "省平台一行 (代码 100000 是国家平台), 各统筹区各一行, 它的机构跟在后面",
    columns: &[
        column("类别", "", Kind::One(PLACE), "机构"),
        column("代码", "code", Kind::Plain, "H33010000001"),
        column("名称", "name", Kind::Plain, "杭州某医院"),
        column("等级", "tier", Kind::Plain, "3"),
        column("窗口外", "outside", Kind::One(YES), ""),
        column("办理", "hands", Kind::One(HANDS), "人工"),
        column(
            "有人时段",
            "staffed",
            Kind::List,
            "09:00-12:00、13:30-17:30",
        ),
        column("其他", "", Kind::Pairs, ""),
    ],
};
pub(crate) const PERSONS: Form = Form {
    name: "测试人员",
    about: "只有名册上的人可以刷; 编号与证件号码两列是文本",
    columns: &[
        column("标识", "label", Kind::Plain, "hangzhou-1"),
        column("人员编号", "psn_no", Kind::Plain, "9999330100…"),
        column("证件号码", "id_number", Kind::Plain, "999999…"),
        column("姓名", "name", Kind::Plain, "测试甲"),
        column("参保地", "insured", Kind::Plain, "330100"),
        column("险种", "insutype", Kind::One(INSUTYPE), "310"),
        column("账户余额", "balance", Kind::Plain, "1200.00"),
        column("起付线已用", "deductible_used", Kind::Plain, "0.00"),
        column("统筹已付", "pool_paid", Kind::Plain, "0.00"),
        column("用途", "use", Kind::One(USE), "矩阵"),
    ],
};
pub(crate) const MATRIX: Form = Form {
    name: "矩阵",
    about: "每行一项业务: 每对统筹区各刷一例",
    columns: &[
        column("场景", "scenario", Kind::Plain, "outpatient"),
        column("标题", "title", Kind::Plain, "跨市门诊"),
        column("业务", "swipe", Kind::One(BUSINESS), "门诊"),
        column("费用", "items", Kind::Basket, "cold"),
        column("阶段", "phase", Kind::Plain, "cross"),
        column("结果", "outcome", Kind::One(OUTCOME), "成功"),
        column(
            "医疗费总额",
            "setlinfo.medfee_sumamt",
            Kind::Plain,
            "567.95",
        ),
        column(
            "其他预期",
            "",
            Kind::Pairs,
            "setlinfo.psn_cash_pay: {le: 200.00}",
        ),
        column("条款", "covers", Kind::List, ""),
        column("其他", "", Kind::Pairs, ""),
    ],
};
pub(crate) const CASES: Form = Form {
    name: "用例",
    about: "每行一例: 谁在哪刷什么, 应得到什么; 边界写两侧",
    columns: &[
        column("用例", "case", Kind::Plain, "too-early"),
        column("标题", "title", Kind::Plain, "早一秒, 闸门拦下"),
        column("业务", "swipe", Kind::One(BUSINESS), "门诊"),
        column("人员", "person", Kind::Plain, "hangzhou-1"),
        column("机构", "institution", Kind::Plain, "H33020000001"),
        column("费用", "items", Kind::Basket, "cold"),
        column("时刻", "at", Kind::Instant, "2017-06-02 08:59:59"),
        column("结果", "outcome", Kind::One(OUTCOME), "闸门拦下"),
        column("应答代码", "code", Kind::Plain, ""),
        column("条款", "covers", Kind::List, ""),
        column("其他", "", Kind::Pairs, ""),
    ],
};
pub(crate) const CONTACTS: Form = Form {
    name: "联系人",
    about: "每个单位一行: 切换当夜要找得到人",
    columns: &[
        column("单位代码", "place", Kind::Plain, "H33010000001"),
        column("部门职务", "department", Kind::Plain, "医保办"),
        column("业务负责人", "business_lead", Kind::Plain, "张某"),
        column("业务电话", "business_phone", Kind::Plain, "0571-00000000"),
        column("信息负责人", "systems_lead", Kind::Plain, "李某"),
        column("信息电话", "systems_phone", Kind::Plain, "0571-00000001"),
    ],
};
pub(crate) const DUTIES: Form = Form {
    name: "待办",
    about: "公告要人办的事, 账上看不出",
    columns: &[
        column("条款", "clause", Kind::Plain, "ZJ5"),
        column("谁", "who", Kind::Some(WHO), "医院"),
        column("起", "from", Kind::Instant, ""),
        column("止", "due", Kind::Instant, "2017-06-01 09:00"),
        column("事项", "text", Kind::Plain, "换接口、读卡动态库和目录"),
        column("公告原文", "quote", Kind::Plain, "读卡动态库"),
        column("其他", "", Kind::Pairs, ""),
    ],
};
pub(crate) const KNOWN: Form = Form {
    name: "已知问题",
    about: "有人负责、有期限的问题: 期限前只豁免用例的预期, 不豁免账册",
    columns: &[
        column("编号", "id", Kind::Plain, "KI-7"),
        column("问题", "text", Kind::Plain, "宁波的诊查费限价还没有下发"),
        column("负责", "owner", Kind::Plain, "宁波目录组"),
        column("期限", "due", Kind::Instant, "2017-06-04 12:00"),
        column("现象", "finding", Kind::List, "setlinfo.overlmt_selfpay"),
        column("用例", "case", Kind::List, "outpatient/*"),
        column("参保地", "insured", Kind::List, ""),
        column("就医地", "treatment", Kind::List, "330200"),
        column("机构", "institution", Kind::List, ""),
        column("业务", "business", Kind::Some(BUSINESS), "门诊"),
        column("其他", "", Kind::Pairs, ""),
    ],
};
pub(crate) const CATALOGUE: Form = Form {
    name: "目录",
    about: "项目目录: 等级 甲 乙 丙; 限价、先行自付比例可空",
    columns: &[
        column("项目编码", "code", Kind::Plain, "CS0001"),
        column("项目名称", "name", Kind::Plain, "普通门诊诊查费"),
        column("等级", "class", Kind::Plain, "甲"),
        column("限价", "ceiling", Kind::Plain, "22.00"),
        column("先行自付比例", "selfpay", Kind::Plain, ""),
    ],
};
pub(crate) const BASKETS: Form = Form {
    name: "费用",
    about: "费用清单: 同名的行是一张清单; 退费行数量为负, 写明退第几行",
    columns: &[
        column("清单", "", Kind::Plain, "cold"),
        column("标题", "title", Kind::Plain, "感冒门诊"),
        column("项目编码", "item", Kind::Plain, "CS0001"),
        column("单价", "price", Kind::Plain, "25.00"),
        column("数量", "count", Kind::Plain, "1"),
        column("退第几行", "refunds", Kind::Plain, ""),
    ],
};
/// What has no sheet: keys of `plan.yaml`, and whole files.
pub(crate) const MORE: Form = Form {
    name: "附加",
    about: "表里写不下的: 文件名一栏写 plan.yaml 的是计划的其他键, 写 场景: 的按场景读; 内容照文件原样",
    columns: &[
        column("文件", "", Kind::Plain, "plan.yaml"),
        column("内容", "", Kind::Plain, "seed: 7"),
    ],
};

/// All sheets, in the order in which they stand.
pub(crate) const FORMS: [&Form; 11] = [
    &WINDOW, &PARTIES, &PERSONS, &MATRIX, &CASES, &CONTACTS, &DUTIES, &KNOWN, &CATALOGUE, &BASKETS,
    &MORE,
];
/// Sheets without which there is no plan.
pub(crate) const NEEDED: [&str; 4] = ["窗口", "参与方", "测试人员", "目录"];
/// Sheets whose columns are those of a table file, further ones included.
pub(crate) const OPEN: [&str; 3] = ["测试人员", "联系人", "目录"];

/// How a line begins that is only an example.
pub(crate) const EXAMPLE: &str = "例";
/// The folder of bills.
pub(crate) const BASKET_DIR: &str = "basket/";
/// How a file on 附加 is marked that holds cases.
pub(crate) const SCENARIO_MARK: &str = "场景:";
