//! 开台 · `crosswipe serve PLAN --books DIR`: the plan's mock parties as a process of their own.
//!
//! Their books are on disk before any answer leaves, so a process that is killed and started again with the
//! same folder has the same books, and stands at the same addresses. What time it is each message says.
//! Faults are named here, at the beginning; each run arms them anew.
//! Not here: the door for a HIS (`front`), a page to watch.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use crosswipe_domain::{Party, Role};
use crosswipe_reports::Lang;
use crosswipe_scenarios::Plan;

use crate::args::Serve;
use crate::command::front::front;
use crate::command::run::{at_parties_of, faults, stand_up_old_platforms};
use crate::complain::{Trouble, to_stderr, to_stdout};
use crate::exit::Exit;
use crate::gateway_keys::GatewayKeys;
use crate::inner::must_be_of_parties;
use crate::served::{House, Served};
use crate::stage::{Bent, serve as stand_up, stop_signal, world_id};

/// Serves until told to stop.
pub(crate) fn serve(args: &Serve) -> Result<Exit, Trouble> {
    let mut plan = crosswipe_scenarios::load(&args.plan).map_err(Trouble::Plan)?;
    let orders = faults(&args.faults)?;
    stand_up_old_platforms(&mut plan, &args.faults);
    at_parties_of(&plan, &orders)?;
    must_be_of_parties(&orders, "serve")?;
    if args.books.is_some() {
        on_loopback(args.listen)?;
    }
    let house = match &args.books {
        Some(books) => Some(House::open(books, &plan)?),
        None => None,
    };
    let mut runtime = match &house {
        Some(_) => tokio::runtime::Builder::new_multi_thread(),
        // A door goes on for days: one thread keeps one heap, in which the judge finds room where the books were.
        None => tokio::runtime::Builder::new_current_thread(),
    };
    let runtime = runtime.enable_all().build().map_err(Trouble::Runtime)?;
    let bent = Bent {
        faults: &orders,
        msgid_mode: args.msgid_mode,
    };
    let ended = runtime.block_on(async {
        match &house {
            Some(house) => whole(args, &plan, &bent, house).await,
            None => front(args, &plan, &bent).await,
        }
    });
    runtime.shutdown_timeout(Duration::from_secs(2));
    ended
}

async fn whole(args: &Serve, plan: &Plan, bent: &Bent<'_>, house: &House) -> Result<Exit, Trouble> {
    // Asked for before anybody may know that we are here.
    let stop = stop_signal().map_err(Trouble::Runtime)?;
    let keys = GatewayKeys::of_site(house.books(), plan)?;
    let at = (house.books(), &keys);
    let world = stand_up(plan, bent, at, places(args.listen, house)).await?;
    world_id(&house.books().join("parties"))?;
    let parties = plan.topology.parties().into_iter();
    let at = parties.filter_map(|party| Some((party.clone(), world.address(&party)?)));
    let served = house.announce(
        plan,
        &args.plan,
        at.collect(),
        (&args.faults, args.msgid_mode),
    )?;
    if args.json {
        to_stdout(&served.text())?;
    }
    if !args.common.quiet {
        to_stderr(&told(&served, plan, args.common.lang()));
    }
    stop.await;
    world.stop().await;
    if !args.common.quiet {
        to_stderr(match args.common.lang() {
            Lang::Zh => "\n已停止, 账册保留\n",
            Lang::En => "\nstopped; the books are kept\n",
        });
    }
    Ok(Exit::Clean)
}

/// Mock parties show full person numbers to whoever asks.
fn on_loopback(listen: Option<SocketAddr>) -> Result<(), Trouble> {
    match listen {
        Some(at) if !at.ip().is_loopback() => Err(Trouble::Usage {
            code: "cli::loopback_only",
            what: format!("`--listen {at}` 不是本机回环地址 · `--listen {at}` is not on loopback"),
            help: "模拟各方只在本机监听: --listen 127.0.0.1:18000 · mock parties listen on this machine only: --listen 127.0.0.1:18000"
                .to_owned(),
        }),
        _ => Ok(()),
    }
}

/// Where each machine is to stand: as asked, one port after the other; else where it stood before; else anywhere.
fn places(listen: Option<SocketAddr>, house: &House) -> impl FnMut(&Party) -> SocketAddr {
    let before: BTreeMap<Party, SocketAddr> = house
        .before
        .as_ref()
        .map(|served| served.parties.clone())
        .unwrap_or_default();
    let mut next = listen;
    move |party| match &mut next {
        Some(at) => {
            let here = *at;
            // Behind the last port comes 0, any free one.
            at.set_port(if here.port() == 0 {
                0
            } else {
                here.port().wrapping_add(1)
            });
            here
        }
        None => before.get(party).copied().unwrap_or(crosswipe_mocks::FREE),
    }
}

/// What stands on the screen of whoever starts it: who is where, and what to do next.
fn told(served: &Served, plan: &Plan, lang: Lang) -> String {
    let pid = served.pid;
    let (head, next, stop) = match lang {
        Lang::Zh => (
            format!("{} 的模拟各方已就绪, 进程 {pid}, 账册在", served.plan),
            "另开一个窗口",
            "Ctrl-C 停止",
        ),
        Lang::En => (
            format!(
                "mock parties of {} are up in process {pid}, books in",
                served.plan
            ),
            "in another window",
            "Ctrl-C stops them",
        ),
    };
    let mut text = format!("{head} {}\n", served.books.display());
    for (party, at) in &served.parties {
        text.push_str(&format!(
            "  {party:<18} http://{at}  {}\n",
            name(plan, party)
        ));
    }
    let (armed, mode) = match lang {
        Lang::Zh => ("每次运行都注入故障", "报文编号重复时"),
        Lang::En => (
            "fault injected into every run",
            "a repeated message number meets",
        ),
    };
    for fault in &served.faults {
        text.push_str(&format!("{armed}: {fault}\n"));
    }
    if let Some(name) = &served.msgid_mode {
        text.push_str(&format!("{mode}: {name}\n"));
    }
    text.push_str(&format!(
        "{next}: crosswipe run {} --served {}\n{stop}\n",
        served.plan_dir.display(),
        served.books.display()
    ));
    text
}

fn name<'a>(plan: &'a Plan, party: &Party) -> &'a str {
    let region = || {
        let code = party.region()?;
        Some(plan.topology.region(code)?.name.as_str())
    };
    let institution = || {
        let mut all = plan.topology.institutions.iter();
        Some(
            all.find(|one| one.code.as_str() == party.code)?
                .name
                .as_str(),
        )
    };
    match party.role {
        Role::His => institution().unwrap_or_default(),
        Role::Hub => "hub",
        Role::Treatment | Role::Insured => region().unwrap_or_default(),
    }
}
