//! Reads msgpack one item at a time: a pull parser that borrows from its input and allocates nothing, so
//! that a wrong length is detected at the end of the input.
//!
//! `rmpv` does not replace it: it builds a tree of the whole message first, with more bytes for each value
//! than the resulting value.

use rmp::Marker;

use super::super::ValueError;

/// One marker with its data. The elements of arrays and maps follow as separate items.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Item<'a> {
    Nil,
    Bool(bool),
    /// An integer that fits, in any of its forms.
    Int(i64),
    /// A larger integer.
    UInt(u64),
    Float(f64),
    /// A string that is not checked for UTF-8 yet.
    Str(&'a [u8]),
    Bin(&'a [u8]),
    /// The beginning of an array with this many elements.
    Array(u32),
    /// The beginning of a map with this many pairs of key and value.
    Map(u32),
    /// An extension, which stands for an unknown value whatever its code and content.
    Ext,
}

/// The remaining bytes.
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Reader(bytes)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn item(&mut self) -> Result<Item<'a>, ValueError> {
        let [marker] = self.array()?;
        Ok(match Marker::from_u8(marker) {
            Marker::Null => Item::Nil,
            Marker::False => Item::Bool(false),
            Marker::True => Item::Bool(true),
            Marker::FixPos(value) => Item::Int(value.into()),
            Marker::FixNeg(value) => Item::Int(value.into()),
            Marker::I8 => Item::Int(i8::from_be_bytes(self.array()?).into()),
            Marker::I16 => Item::Int(i16::from_be_bytes(self.array()?).into()),
            Marker::I32 => Item::Int(i32::from_be_bytes(self.array()?).into()),
            Marker::I64 => Item::Int(i64::from_be_bytes(self.array()?)),
            Marker::U8 => Item::Int(self.unsigned::<1>()?.into()),
            Marker::U16 => Item::Int(self.unsigned::<2>()?.into()),
            Marker::U32 => Item::Int(self.unsigned::<4>()?.into()),
            Marker::U64 => {
                let value = u64::from_be_bytes(self.array()?);
                i64::try_from(value).map_or(Item::UInt(value), Item::Int)
            }
            Marker::F32 => Item::Float(f32::from_be_bytes(self.array()?).into()),
            Marker::F64 => Item::Float(f64::from_be_bytes(self.array()?)),
            Marker::FixStr(length) => Item::Str(self.take(length.into())?),
            Marker::Str8 => Item::Str(self.take_prefixed::<1>()?),
            Marker::Str16 => Item::Str(self.take_prefixed::<2>()?),
            Marker::Str32 => Item::Str(self.take_prefixed::<4>()?),
            Marker::Bin8 => Item::Bin(self.take_prefixed::<1>()?),
            Marker::Bin16 => Item::Bin(self.take_prefixed::<2>()?),
            Marker::Bin32 => Item::Bin(self.take_prefixed::<4>()?),
            Marker::FixArray(length) => Item::Array(length.into()),
            Marker::Array16 => Item::Array(self.unsigned::<2>()?),
            Marker::Array32 => Item::Array(self.unsigned::<4>()?),
            Marker::FixMap(length) => Item::Map(length.into()),
            Marker::Map16 => Item::Map(self.unsigned::<2>()?),
            Marker::Map32 => Item::Map(self.unsigned::<4>()?),
            Marker::FixExt1 => self.ext(1)?,
            Marker::FixExt2 => self.ext(2)?,
            Marker::FixExt4 => self.ext(4)?,
            Marker::FixExt8 => self.ext(8)?,
            Marker::FixExt16 => self.ext(16)?,
            Marker::Ext8 => {
                let length = self.unsigned::<1>()?;
                self.ext(length)?
            }
            Marker::Ext16 => {
                let length = self.unsigned::<2>()?;
                self.ext(length)?
            }
            Marker::Ext32 => {
                let length = self.unsigned::<4>()?;
                self.ext(length)?
            }
            Marker::Reserved => return Err(malformed("a marker that does not exist")),
        })
    }

    /// Reads an unsigned number of `N` bytes, at most 4.
    fn unsigned<const N: usize>(&mut self) -> Result<u32, ValueError> {
        let bytes: [u8; N] = self.array()?;
        Ok(bytes
            .iter()
            .fold(0, |number, byte| number << 8 | u32::from(*byte)))
    }

    /// Reads as many bytes as the number of `N` bytes before them says.
    fn take_prefixed<const N: usize>(&mut self) -> Result<&'a [u8], ValueError> {
        let length = self.unsigned::<N>()?;
        self.take(length)
    }

    fn ext(&mut self, length: u32) -> Result<Item<'a>, ValueError> {
        let [_code] = self.array()?;
        self.take(length)?;
        Ok(Item::Ext)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], ValueError> {
        let (taken, rest) = self.0.split_first_chunk().ok_or_else(truncated)?;
        self.0 = rest;
        Ok(*taken)
    }

    fn take(&mut self, length: u32) -> Result<&'a [u8], ValueError> {
        let length = usize::try_from(length).map_err(|_| truncated())?;
        let (taken, rest) = self.0.split_at_checked(length).ok_or_else(truncated)?;
        self.0 = rest;
        Ok(taken)
    }
}

fn truncated() -> ValueError {
    malformed("the bytes end within a value")
}

fn malformed(why: &str) -> ValueError {
    ValueError::new(format!("not valid msgpack: {why}"))
}
