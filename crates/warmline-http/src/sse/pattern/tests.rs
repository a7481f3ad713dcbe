use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

/// What the receiver of the values makes of them.
#[derive(Default)]
struct Receiver {
    template: Value,
    ways: Vec<Vec<Value>>,
    name: Value,
}

impl Receiver {
    fn learn(&mut self, described: &Value) {
        self.template = described[0].clone();
        self.ways = serde_json::from_value(described[1].clone()).unwrap();
        self.name = described[2].clone();
    }

    fn build(&self, values: &[Value]) -> Value {
        assert_eq!(values.len(), self.ways.len());
        let mut object = self.template.clone();
        for (way, value) in self.ways.iter().zip(values) {
            let mut place = &mut object;
            for step in way {
                place = match step {
                    Value::String(key) => place.get_mut(key).unwrap(),
                    index => place
                        .get_mut(usize::try_from(index.as_u64().unwrap()).unwrap())
                        .unwrap(),
                };
            }
            *place = value.clone();
        }
        object
    }
}

/// Sends objects through, and says of each how it went: whole, as a new pattern, or like the last one.
fn sent(objects: &[(Option<&str>, &str)]) -> String {
    let mut pattern = Pattern::default();
    let mut receiver = Receiver::default();
    objects
        .iter()
        .map(|&(name, object)| {
            let mut values = String::new();
            let how = if pattern.fill(name, object, &mut values) {
                'l'
            } else if pattern.describe(name, object, &mut values) {
                assert!(pattern.fill(name, object, &mut values));
                'n'
            } else {
                assert!(values.is_empty());
                return 'w';
            };
            let list = format!("[{}]", values.trim_start_matches(','));
            let mut values: Vec<Value> = serde_json::from_str(&list).unwrap();
            if how == 'n' {
                receiver.learn(&values.remove(0));
            }
            let expected: Value = serde_json::from_str(object).unwrap();
            assert_eq!(receiver.build(&values), expected, "{object}");
            assert_eq!(receiver.name, json!(name));
            how
        })
        .collect()
}

fn all(objects: &[&str]) -> String {
    sent(
        &objects
            .iter()
            .map(|object| (None, *object))
            .collect::<Vec<_>>(),
    )
}

fn chunk(content: &str) -> String {
    json!({"id": "c", "choices": [{"index": 0, "delta": {"content": content}, "end": null}]})
        .to_string()
}

#[test]
fn tokens_are_told_by_their_text() {
    let first = r#"{"id":"c","choices":[{"index":0,"delta":{"role":"a","content":""}}]}"#;
    let objects = [
        first,
        &chunk("a"),
        &chunk("b\n\"é"),
        &chunk(""),
        &chunk("b\n\"é"),
        first,
    ];
    assert_eq!(all(&objects), "wwnllw");
}

#[test]
fn more_holes_are_found_later() {
    let objects = [
        r#"{"n":1,"of":[1,{"t":"a"}],"x":null}"#,
        r#"{"n":2,"of":[1,{"t":"a"}],"x":null}"#,
        r#"{"n":-3.5e2,"of":[1,{"t":"b"}],"x":null}"#,
        r#"{"n":4,"of":[1,{"t":"c"}],"x":"end"}"#,
        r#"{"n":4,"of":[1,{"t":"c"}],"x":true}"#,
    ];
    assert_eq!(all(&objects), "wnnnl");
}

#[test]
fn an_event_of_another_name_is_another() {
    let (a, b) = (Some("a"), Some("b"));
    let (one, two) = (r#"{"n":1}"#, r#"{"n":2}"#);
    assert_eq!(
        sent(&[
            (a, one),
            (a, two),
            (b, one),
            (b, two),
            (None, one),
            (a, one)
        ]),
        "wnwnww"
    );
}

#[test]
fn what_has_another_shape_is_another() {
    for other in [
        r#"{"n":1,"m":1}"#,
        r#"{"m":1}"#,
        r#"{"n": 1}"#,
        r#"{"n":[1]}"#,
        r#"{"n":{}}"#,
        r#"{"n":1} "#,
        "{}",
    ] {
        assert_eq!(all(&[r#"{"n":1}"#, r#"{"n":2}"#, other]), "wnw", "{other}");
        assert_eq!(all(&[other, r#"{"n":2}"#]), "ww", "{other}");
    }
}

#[test]
fn a_way_that_could_lead_elsewhere_is_not_taken() {
    for (one, other) in [
        (r#"{"n":1,"n":1}"#, r#"{"n":1,"n":2}"#),
        (r#"{"\u006e":1}"#, r#"{"\u006e":2}"#),
        (r#"{"__proto__":1}"#, r#"{"__proto__":2}"#),
        (r#"{"__proto__":{},"n":1}"#, r#"{"__proto__":{},"n":2}"#),
    ] {
        let mut pattern = Pattern::default();
        for object in [one, other, one] {
            assert!(!pattern.fill(None, object, &mut String::new()), "{object}");
            assert!(
                !pattern.describe(None, object, &mut String::new()),
                "{object}"
            );
        }
    }
}

#[test]
fn what_is_no_json_is_left_to_its_reader() {
    let mut pattern = Pattern::default();
    for object in [r#"{"n":1,}"#, r#"{"n":2,}"#, r#"{"n":3,}"#] {
        assert!(!pattern.describe(None, object, &mut String::new()));
    }
    let mut values = String::new();
    assert!(!pattern.describe(None, r#"{"n":"a"}"#, &mut values));
    assert!(pattern.describe(None, r#"{"n":"b"}"#, &mut values));
    for hole in [
        "\"\u{1}\"",
        r#""\x""#,
        r#""\u12g4""#,
        r#""a"#,
        "01",
        "1.",
        "-",
        "1e",
        "nul",
        "",
        "+1",
    ] {
        let object = format!("{{\"n\":{hole}}}");
        let mut values = String::new();
        assert!(!pattern.fill(None, &object, &mut values), "{object}");
        assert!(values.is_empty());
    }
}

#[test]
fn large_objects_and_many_differences_are_no_pattern() {
    let large = format!(r#"{{"n":"{}"}}"#, "x".repeat(MAX_BYTES));
    assert_eq!(all(&[&large, &large, &large]), "www");
    assert_eq!(all(&[r#"{"n":"a"}"#, &large, &large]), "wnl");
    let wide = |n: usize| json!(vec![n; MAX_HOLES + 1]).to_string();
    let wide = [1, 2, 3].map(|n| format!(r#"{{"n":{}}}"#, wide(n)));
    assert_eq!(all(&wide.each_ref().map(String::as_str)), "www");
}

fn value() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,4}".prop_map(Value::from),
        "[\"\\\\\n\u{1}a]{0,4}".prop_map(Value::from),
    ];
    scalar.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[ab\"é]{0,2}", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// The same but for some of its scalars.
fn varied(value: &Value, seed: &mut u32) -> Value {
    *seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
    match value {
        Value::Array(values) => values.iter().map(|value| varied(value, seed)).collect(),
        Value::Object(map) => map
            .iter()
            .map(|(key, value)| (key.clone(), varied(value, seed)))
            .collect(),
        _ if seed.is_multiple_of(3) => json!(format!("other {seed}")),
        _ if *seed % 3 == 1 => json!(seed),
        other => other.clone(),
    }
}

proptest! {
    #[test]
    fn the_receiver_has_what_was_sent(value in value(), mut seeds in prop::collection::vec(any::<u32>(), 1..6)) {
        let mut objects = vec![json!({ "value": value }).to_string()];
        objects.extend(seeds.iter_mut().map(|seed| json!({ "value": varied(&value, seed) }).to_string()));
        all(&objects.iter().map(String::as_str).collect::<Vec<_>>());
    }

    #[test]
    fn nothing_but_json_is_taken(object in "[{}\\[\\]\",:a1-9.e\\\\u ]{0,24}", other in "[{}\\[\\]\",:a1-9.e\\\\u ]{0,24}") {
        let mut pattern = Pattern::default();
        for text in [&object, &other, &object] {
            let mut values = String::new();
            if pattern.fill(None, text, &mut values) || pattern.describe(None, text, &mut values) {
                prop_assert!(serde_json::from_str::<Value>(text).is_ok());
            }
        }
    }
}
