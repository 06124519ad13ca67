//! 乱码 · `name-mojibake`: a hospital that sends the patient's name along, in bytes that are no UTF-8.
//!
//! The name is in its registration, as some regions ask for. The hospital writes it down right; what the platform reads
//! is another string, and goes with the visit to everybody behind it.

use crosswipe_domain::Party;
use encoding_rs::GBK;

use super::FaultOrder;
use super::trouble::{Arrival, Onward, Parcel, Scene, Trouble};
use crate::machine::Machine;

struct Garbled {
    order: FaultOrder,
    /// Registration on its way, and the name in it.
    sent: Option<(String, String)>,
}

pub(super) fn garbled(order: &FaultOrder) -> Box<dyn Trouble> {
    Box::new(Garbled {
        order: order.clone(),
        sent: None,
    })
}

impl Trouble for Garbled {
    fn arrive(&mut self, scene: &mut Scene<'_>, carried: &mut Parcel) -> Arrival {
        let (Machine::His(his), Some(person)) = (&*scene.machine, &scene.message.person) else {
            return Arrival::Taken;
        };
        if let Some(name) = his.patient(person).map(str::to_owned)
            && scene.hits()
        {
            let number = format!("\"psn_no\":\"{person}\"");
            let named = format!("{number},\"psn_name\":\"{name}\"");
            let body = String::from_utf8_lossy(&carried.body).replacen(&number, &named, 1);
            carried.body = body.into_bytes();
            self.sent = Some((scene.message.cause.msgid.clone(), name));
        }
        Arrival::Taken
    }

    fn forward(&mut self, scene: &mut Scene<'_>, _: &mut Party, body: &mut String) -> Onward {
        let own = &scene.message.cause.msgid;
        if let Some((_, name)) = self.sent.take_if(|(msgid, _)| msgid == own) {
            *body = body.replace(
                &format!("\"psn_name\":\"{name}\""),
                &format!("\"psn_name\":\"{}\"", self.misread(&name)),
            );
        }
        Onward::Sent
    }
}

impl Garbled {
    /// What whoever takes the bytes for UTF-8 reads.
    fn misread(&self, name: &str) -> String {
        match self.order.choice("form") {
            "gbk" => String::from_utf8_lossy(&GBK.encode(name).0).into_owned(),
            // Taken for one byte a character and encoded once more.
            _ => name.bytes().map(char::from).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn either_way_another_string_is_read_and_no_quote_gets_into_the_message() {
        for form in ["twice", "gbk"] {
            let order: FaultOrder = format!("name-mojibake:form={form}").parse().unwrap();
            let garbled = Garbled { order, sent: None };
            for name in ["测试杭州甲", "㐂𠮷", "李"] {
                let read = garbled.misread(name);
                assert!(read != name && !read.is_empty(), "{form} {name}");
                assert!(!read.contains(['"', '\\']), "{form} {name}: {read:?}");
            }
        }
    }
}
