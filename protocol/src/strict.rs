//! Strict JSON over serde: what design §3 refuses is refused for every type, whatever serde would have accepted.
//!
//! An adapter around any `Deserializer`: no floats, no nulls, integers up to 2^53 − 1, bounded strings and lists,
//! an object where an object is due (derived structs would also take arrays). It costs nothing at run time.
//! Unknown and duplicate fields are refused by the types themselves (`deny_unknown_fields`).

use std::fmt;

use serde::de::{
    self, Deserialize, DeserializeSeed, Deserializer, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor,
};

use crate::limits::MAX_INTEGER;
use crate::text;

/// Bounds on the strings and lists of one JSON text.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Bytes of one string.
    pub string_bytes: usize,
    /// Items of one list.
    pub list_items: usize,
    /// Whether strings may hold control characters and marks that turn the direction of text.
    pub any_characters: bool,
}

/// Reads one JSON text strictly.
///
/// # Errors
/// Where and why the text is not what `T` and the rules of design §3 ask for.
pub fn from_slice<'de, T: Deserialize<'de>>(bytes: &'de [u8], bounds: Bounds) -> Result<T, serde_json::Error> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value = T::deserialize(Strict { inner: &mut json, bounds })?;
    json.end()?;
    Ok(value)
}

/// Any deserializer, made strict.
struct Strict<D> {
    inner: D,
    bounds: Bounds,
}

macro_rules! forward {
    ($($method:ident),+) => {$(
        #[inline]
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
            self.inner.$method(StrictVisitor { inner: visitor, bounds: self.bounds, object: false })
        }
    )+};
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Strict<D> {
    type Error = D::Error;

    forward!(
        deserialize_any,
        deserialize_bool,
        deserialize_i8,
        deserialize_i16,
        deserialize_i32,
        deserialize_i64,
        deserialize_u8,
        deserialize_u16,
        deserialize_u32,
        deserialize_u64,
        deserialize_f32,
        deserialize_f64,
        deserialize_char,
        deserialize_str,
        deserialize_string,
        deserialize_bytes,
        deserialize_byte_buf,
        deserialize_option,
        deserialize_unit,
        deserialize_seq,
        deserialize_map,
        deserialize_identifier
    );

    fn deserialize_unit_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, D::Error> {
        self.inner.deserialize_unit_struct(name, StrictVisitor { inner: visitor, bounds: self.bounds, object: false })
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, D::Error> {
        self.inner
            .deserialize_newtype_struct(name, StrictVisitor { inner: visitor, bounds: self.bounds, object: false })
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, D::Error> {
        self.inner.deserialize_tuple(length, StrictVisitor { inner: visitor, bounds: self.bounds, object: false })
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.inner.deserialize_tuple_struct(
            name,
            length,
            StrictVisitor { inner: visitor, bounds: self.bounds, object: false },
        )
    }

    #[inline]
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.inner.deserialize_struct(name, fields, StrictVisitor { inner: visitor, bounds: self.bounds, object: true })
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.inner.deserialize_enum(
            name,
            variants,
            StrictVisitor { inner: visitor, bounds: self.bounds, object: false },
        )
    }

    /// What a type ignores stays ignored, whatever it holds (envelope fields only: payload types ignore nothing).
    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.inner.deserialize_ignored_any(visitor)
    }

    fn is_human_readable(&self) -> bool {
        self.inner.is_human_readable()
    }
}

struct StrictVisitor<V> {
    inner: V,
    bounds: Bounds,
    /// A struct is due, so an array is refused.
    object: bool,
}

impl<V> StrictVisitor<V> {
    fn check_string<E: de::Error>(&self, text: &str) -> Result<(), E> {
        if text.len() > self.bounds.string_bytes {
            return Err(E::custom(format_args!("a string is longer than {} bytes", self.bounds.string_bytes)));
        }
        if !self.bounds.any_characters && !text::is_plain(text) {
            return Err(E::custom("a string holds control characters or marks that turn the direction of text"));
        }
        Ok(())
    }
}

impl<'de, V: Visitor<'de>> Visitor<'de> for StrictVisitor<V> {
    type Value = V::Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.expecting(formatter)
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<V::Value, E> {
        self.inner.visit_bool(value)
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<V::Value, E> {
        Err(E::custom(format_args!("the negative number {value} is not allowed")))
    }

    #[inline]
    fn visit_u64<E: de::Error>(self, value: u64) -> Result<V::Value, E> {
        if value > MAX_INTEGER {
            return Err(E::custom("a number is larger than 9007199254740991"));
        }
        self.inner.visit_u64(value)
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<V::Value, E> {
        Err(E::custom("only whole numbers written without point or exponent are allowed"))
    }

    #[inline]
    fn visit_str<E: de::Error>(self, text: &str) -> Result<V::Value, E> {
        self.check_string(text)?;
        self.inner.visit_str(text)
    }

    #[inline]
    fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<V::Value, E> {
        self.check_string(text)?;
        self.inner.visit_borrowed_str(text)
    }

    fn visit_string<E: de::Error>(self, text: String) -> Result<V::Value, E> {
        self.check_string(&text)?;
        self.inner.visit_string(text)
    }

    fn visit_none<E: de::Error>(self) -> Result<V::Value, E> {
        Err(E::custom("null is not allowed"))
    }

    fn visit_unit<E: de::Error>(self) -> Result<V::Value, E> {
        Err(E::custom("null is not allowed"))
    }

    #[inline]
    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<V::Value, D::Error> {
        self.inner.visit_some(Strict { inner: deserializer, bounds: self.bounds })
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<V::Value, D::Error> {
        self.inner.visit_newtype_struct(Strict { inner: deserializer, bounds: self.bounds })
    }

    #[inline]
    fn visit_seq<A: SeqAccess<'de>>(self, access: A) -> Result<V::Value, A::Error> {
        if self.object {
            return Err(de::Error::custom("an array stands where an object is due"));
        }
        self.inner.visit_seq(StrictAccess { inner: access, bounds: self.bounds, items: 0 })
    }

    #[inline]
    fn visit_map<A: MapAccess<'de>>(self, access: A) -> Result<V::Value, A::Error> {
        self.inner.visit_map(StrictAccess { inner: access, bounds: self.bounds, items: 0 })
    }

    fn visit_enum<A: EnumAccess<'de>>(self, access: A) -> Result<V::Value, A::Error> {
        self.inner.visit_enum(StrictAccess { inner: access, bounds: self.bounds, items: 0 })
    }
}

/// The inside of an array, object or enum, made strict.
struct StrictAccess<A> {
    inner: A,
    bounds: Bounds,
    items: usize,
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for StrictAccess<A> {
    type Error = A::Error;

    #[inline]
    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, A::Error> {
        self.items += 1;
        if self.items > self.bounds.list_items + 1 {
            return Err(de::Error::custom(format_args!("a list has more than {} items", self.bounds.list_items)));
        }
        self.inner.next_element_seed(StrictSeed { inner: seed, bounds: self.bounds })
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for StrictAccess<A> {
    type Error = A::Error;

    #[inline]
    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        self.inner.next_key_seed(seed)
    }

    #[inline]
    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, A::Error> {
        self.inner.next_value_seed(StrictSeed { inner: seed, bounds: self.bounds })
    }
}

impl<'de, A: EnumAccess<'de>> EnumAccess<'de> for StrictAccess<A> {
    type Error = A::Error;
    type Variant = StrictAccess<A::Variant>;

    fn variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<(T::Value, Self::Variant), A::Error> {
        let (value, variant) = self.inner.variant_seed(seed)?;
        Ok((value, StrictAccess { inner: variant, bounds: self.bounds, items: 0 }))
    }
}

impl<'de, A: VariantAccess<'de>> VariantAccess<'de> for StrictAccess<A> {
    type Error = A::Error;

    fn unit_variant(self) -> Result<(), A::Error> {
        self.inner.unit_variant()
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, A::Error> {
        self.inner.newtype_variant_seed(StrictSeed { inner: seed, bounds: self.bounds })
    }

    fn tuple_variant<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, A::Error> {
        self.inner.tuple_variant(length, StrictVisitor { inner: visitor, bounds: self.bounds, object: false })
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, A::Error> {
        self.inner.struct_variant(fields, StrictVisitor { inner: visitor, bounds: self.bounds, object: true })
    }
}

struct StrictSeed<S> {
    inner: S,
    bounds: Bounds,
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for StrictSeed<S> {
    type Value = S::Value;

    #[inline]
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<S::Value, D::Error> {
        self.inner.deserialize(Strict { inner: deserializer, bounds: self.bounds })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        n: u64,
    }

    #[derive(Debug, PartialEq, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Outer {
        inner: Inner,
        #[serde(default)]
        list: Vec<Inner>,
        text: Option<String>,
    }

    fn read(text: &str) -> Result<Outer, String> {
        from_slice(text.as_bytes(), Bounds { string_bytes: 8, list_items: 2, any_characters: false })
            .map_err(|error| error.to_string())
    }

    #[test]
    fn takes_what_is_right() {
        assert!(read(r#"{"inner":{"n":1},"text":"ü 名"}"#).is_ok());
        let outer = read(r#"{"inner":{"n":9007199254740991},"list":[{"n":0},{"n":1}],"text":"12345678"}"#).unwrap();
        assert_eq!(outer.inner.n, MAX_INTEGER);
        assert_eq!(outer.list.len(), 2);
    }

    #[test]
    fn refuses_each_forbidden_form() {
        for bad in [
            r#"[{"n":1}]"#,                                          // array for the outer object
            r#"{"inner":[1]}"#,                                      // array for an inner object
            r#"{"inner":{"n":1},"list":[[1]]}"#,                     // array for an object in a list
            r#"{"inner":{"n":1},"list":[{"n":1},{"n":1},{"n":1}]}"#, // list too long
            r#"{"inner":{"n":1},"text":null}"#,
            r#"{"inner":{"n":1},"text":"123456789"}"#,
            r#"{"inner":{"n":1},"text":"a\u0007"}"#,
            r#"{"inner":{"n":1},"text":"a\nb"}"#,
            r#"{"inner":{"n":1},"text":"\u202ea"}"#,
            r#"{"inner":{"n":1.0}}"#,
            r#"{"inner":{"n":1e2}}"#,
            r#"{"inner":{"n":-1}}"#,
            r#"{"inner":{"n":-0}}"#,
            r#"{"inner":{"n":01}}"#,
            r#"{"inner":{"n":9007199254740992}}"#,
            r#"{"inner":{"n":1,"n":1}}"#,
            r#"{"inner":{"n":1},"inner":{"n":1}}"#,
            r#"{"inner":{"n":1},"other":1}"#,
            r#"{"inner":{"n":1}} x"#,
            r#"{"inner":{"n":1},}"#,
            r#"{"inner":{"n":1},"text":"\ud800"}"#,
            "\u{feff}{\"inner\":{\"n\":1}}",
            r#"{"inner":{"n":"1"}}"#,
            "",
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
