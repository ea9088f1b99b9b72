//! A guard: every field of a type has to be classified, or the tests do not compile.

/// What a field is to its parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// Bounded by the parent: at least one case of the table widens it.
    Bounded,
    /// Made of parts that are classified by themselves.
    Parts,
    /// No ceiling, for this reason.
    Free(&'static str),
}

/// The fields of a struct with their classes, complete by destructuring: a new field stops this from compiling.
macro_rules! classify {
    ($type:ident, $prefix:literal, { $($field:ident : $class:expr),+ $(,)? }) => {{
        #[allow(dead_code)]
        fn complete(value: $type) {
            let $type { $($field: _),+ } = value;
        }
        vec![$((concat!($prefix, stringify!($field)), $class)),+]
    }};
}
pub(crate) use classify;

/// Every bounded field must be widened by some case, and no case may widen a field that is free.
pub(crate) fn check(fields: &[(&'static str, Class)], widened: &[&str]) {
    for (field, class) in fields {
        let hit = widened.contains(field);
        match class {
            Class::Bounded => assert!(hit, "no case widens '{field}'"),
            Class::Parts => {
                let dotted = format!("{field}.");
                assert!(widened.iter().any(|one| one.starts_with(&dotted)), "no case widens a part of '{field}'");
            }
            Class::Free(reason) => assert!(!hit, "'{field}' is widened although {reason}"),
        }
    }
}
