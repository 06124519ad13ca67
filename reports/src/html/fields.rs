//! 字段 · Names of the fields that occur in messages, in both languages, and what their codes mean; each once for the whole page.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::cases::Text;
use crate::wording::terms;

/// 字段名 · By field name: Chinese, English, and the list of its codes where it has one.
#[derive(Default, Serialize)]
pub(super) struct Fields {
    names: BTreeMap<String, (&'static str, &'static str, Option<&'static str>)>,
    lists: BTreeMap<&'static str, BTreeMap<&'static str, (&'static str, &'static str)>>,
}

impl Fields {
    /// Adds what these messages name. What is no JSON has no fields.
    pub(super) fn add(&mut self, texts: &[Text]) {
        for text in texts {
            for part in [&text.sent, &text.received] {
                if let Ok(value) = serde_json::from_str::<Value>(part) {
                    self.walk(&value);
                }
            }
        }
    }

    fn walk(&mut self, value: &Value) {
        match value {
            Value::Object(map) => {
                for (name, inner) in map {
                    self.put(name);
                    self.walk(inner);
                }
            }
            Value::Array(list) => list.iter().for_each(|inner| self.walk(inner)),
            _ => {}
        }
    }

    fn put(&mut self, name: &str) {
        if self.names.contains_key(name) {
            return;
        }
        let Some(field) = terms::field(name) else {
            return;
        };
        let codes = field
            .code_list
            .and_then(|key| crosswipe_wire::catalogue().list(key));
        if let (Some(key), Some(list)) = (field.code_list, codes) {
            let values = list.values.iter();
            let values = values.map(|(code, zh, en)| (*code, (*zh, *en)));
            self.lists.entry(key).or_insert_with(|| values.collect());
        }
        self.names
            .insert(name.to_owned(), (field.zh, field.en, field.code_list));
    }
}
