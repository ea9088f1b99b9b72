//! How page and desk write their messages: each value after the other, no names, no versions. Both ends are one build.

use yew::AttrValue;
use zeroize::Zeroizing;

/// A value that travels in a message.
pub trait Wire: Sized {
    /// Appends it.
    fn put(&self, out: &mut Vec<u8>);
    /// Reads it off the front.
    fn take(input: &mut &[u8]) -> Option<Self>;
}

/// A whole message.
pub fn write<T: Wire>(value: &T) -> Vec<u8> {
    // Room for a passphrase at once: a list that grows leaves copies behind.
    write_into(value, 4096)
}

/// A whole message of about so many bytes: a file of megabytes is not copied again whenever the message grows.
pub fn write_into<T: Wire>(value: &T, room: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(room);
    value.put(&mut out);
    out
}

/// A whole message; none if bytes are missing or left over.
pub fn read<T: Wire>(mut input: &[u8]) -> Option<T> {
    let value = T::take(&mut input)?;
    input.is_empty().then_some(value)
}

impl Wire for u64 {
    fn put(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.to_le_bytes());
    }
    fn take(input: &mut &[u8]) -> Option<Self> {
        let (bytes, rest) = input.split_first_chunk()?;
        *input = rest;
        Some(Self::from_le_bytes(*bytes))
    }
}

impl Wire for u8 {
    fn put(&self, out: &mut Vec<u8>) {
        out.push(*self);
    }
    fn take(input: &mut &[u8]) -> Option<Self> {
        let (byte, rest) = input.split_first()?;
        *input = rest;
        Some(*byte)
    }
}

impl Wire for bool {
    fn put(&self, out: &mut Vec<u8>) {
        u8::from(*self).put(out);
    }
    fn take(input: &mut &[u8]) -> Option<Self> {
        match u8::take(input)? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }
}

impl Wire for Bytes {
    fn put(&self, out: &mut Vec<u8>) {
        (self.0.len() as u64).put(out);
        out.extend_from_slice(&self.0);
    }
    fn take(input: &mut &[u8]) -> Option<Self> {
        let length = usize::try_from(u64::take(input)?).ok()?;
        let (bytes, rest) = input.split_at_checked(length)?;
        *input = rest;
        Some(Self(bytes.to_vec()))
    }
}

/// Bytes as one value, not as a list of numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bytes(pub Vec<u8>);

impl Wire for String {
    fn put(&self, out: &mut Vec<u8>) {
        (self.len() as u64).put(out);
        out.extend_from_slice(self.as_bytes());
    }
    fn take(input: &mut &[u8]) -> Option<Self> {
        Self::from_utf8(Bytes::take(input)?.0).ok()
    }
}

impl Wire for AttrValue {
    fn put(&self, out: &mut Vec<u8>) {
        (self.len() as u64).put(out);
        out.extend_from_slice(self.as_bytes());
    }
    fn take(input: &mut &[u8]) -> Option<Self> {
        String::take(input).map(Self::from)
    }
}

impl Wire for Zeroizing<String> {
    fn put(&self, out: &mut Vec<u8>) {
        (**self).put(out);
    }
    fn take(input: &mut &[u8]) -> Option<Self> {
        String::take(input).map(Self::new)
    }
}

impl<T: Wire> Wire for Box<T> {
    fn put(&self, out: &mut Vec<u8>) {
        (**self).put(out);
    }
    fn take(input: &mut &[u8]) -> Option<Self> {
        T::take(input).map(Self::new)
    }
}

impl<T: Wire> Wire for Option<T> {
    fn put(&self, out: &mut Vec<u8>) {
        self.is_some().put(out);
        if let Some(value) = self {
            value.put(out);
        }
    }
    fn take(input: &mut &[u8]) -> Option<Self> {
        if bool::take(input)? { T::take(input).map(Some) } else { Some(None) }
    }
}

impl<T: Wire> Wire for Vec<T> {
    fn put(&self, out: &mut Vec<u8>) {
        (self.len() as u64).put(out);
        self.iter().for_each(|value| value.put(out));
    }
    fn take(input: &mut &[u8]) -> Option<Self> {
        (0..u64::take(input)?).map(|_| T::take(input)).collect()
    }
}

impl<A: Wire, B: Wire> Wire for (A, B) {
    fn put(&self, out: &mut Vec<u8>) {
        self.0.put(out);
        self.1.put(out);
    }
    fn take(input: &mut &[u8]) -> Option<Self> {
        Some((A::take(input)?, B::take(input)?))
    }
}

/// `wire!(struct Name { fields })` and `wire!(enum Name { 0 => Unit, 1 => Tuple(value), 2 => Fields { fields } })`.
macro_rules! wire {
    (struct $name:ident { $($field:ident),* $(,)? }) => {
        impl $crate::wire::Wire for $name {
            fn put(&self, out: &mut Vec<u8>) {
                $($crate::wire::Wire::put(&self.$field, out);)*
            }
            fn take(input: &mut &[u8]) -> Option<Self> {
                Some(Self { $($field: $crate::wire::Wire::take(input)?),* })
            }
        }
    };
    (enum $name:ident { $($number:literal => $variant:ident $(($($value:ident),*))? $({ $($field:ident),* })?),* $(,)? }) => {
        impl $crate::wire::Wire for $name {
            fn put(&self, out: &mut Vec<u8>) {
                match self {
                    $(Self::$variant $(($($value),*))? $({ $($field),* })? => {
                        out.push($number);
                        $($($crate::wire::Wire::put($value, out);)*)?
                        $($($crate::wire::Wire::put($field, out);)*)?
                    })*
                }
            }
            fn take(input: &mut &[u8]) -> Option<Self> {
                Some(match <u8 as $crate::wire::Wire>::take(input)? {
                    $($number => {
                        $($(let $value = $crate::wire::Wire::take(input)?;)*)?
                        $($(let $field = $crate::wire::Wire::take(input)?;)*)?
                        Self::$variant $(($($value),*))? $({ $($field),* })?
                    })*
                    _ => return None,
                })
            }
        }
    };
}
pub(crate) use wire;

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Debug, PartialEq)]
    struct Sample {
        name: String,
        numbers: Vec<u64>,
        choice: Option<Choice>,
    }

    #[derive(Clone, Debug, PartialEq)]
    enum Choice {
        Nothing,
        One(String),
        Two { left: bool, right: Bytes },
    }

    wire!(struct Sample { name, numbers, choice });
    wire!(enum Choice { 0 => Nothing, 1 => One(value), 2 => Two { left, right } });

    fn samples() -> Vec<Sample> {
        let choices = [
            None,
            Some(Choice::Nothing),
            Some(Choice::One("пароль".into())),
            Some(Choice::Two { left: true, right: Bytes(vec![0, 255]) }),
        ];
        choices.map(|choice| Sample { name: "a".into(), numbers: vec![0, u64::MAX], choice }).to_vec()
    }

    #[test]
    fn values_survive_the_message() {
        for sample in samples() {
            assert_eq!(read(&write(&sample)), Some(sample));
        }
    }

    #[test]
    fn truncated_and_longer_messages_are_refused() {
        for sample in samples() {
            let bytes = write(&sample);
            for end in 0..bytes.len() {
                assert_eq!(read::<Sample>(&bytes[..end]), None, "{end}");
            }
            assert_eq!(read::<Sample>(&[bytes, vec![0]].concat()), None);
        }
    }
}
