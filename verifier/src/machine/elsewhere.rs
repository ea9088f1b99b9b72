//! What Windows and macOS tell of a machine, read from its form: apart, so that the tests run everywhere.

#[cfg(any(windows, test))]
use std::fmt::Write;

/// The values that `ioreg` prints for a key: a text in quotes, or bytes in angle brackets.
#[cfg(any(target_os = "macos", test))]
pub(super) fn registry_values(printed: &str, key: &str) -> Vec<String> {
    let values = printed.lines().filter_map(|line| {
        let (name, value) = line.trim_start_matches([' ', '|', '+', '-', 'o']).split_once(" = ")?;
        let value = value.trim();
        let quoted = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
        let value = quoted.or_else(|| value.strip_prefix('<').and_then(|value| value.strip_suffix('>')))?;
        (name.trim_matches('"') == key).then(|| value.to_owned())
    });
    values.collect()
}

/// The machine's UUID in the firmware's table (SMBIOS, system information), as the registry holds it; none where the
/// maker left it out.
#[cfg(any(windows, test))]
pub(super) fn firmware_uuid(raw: &[u8]) -> Option<String> {
    /// Before the table: how it was read, its version, its length.
    const HEADER: usize = 8;
    const SYSTEM_INFORMATION: u8 = 1;
    let mut rest = raw.get(HEADER..)?;
    loop {
        let (kind, length) = (*rest.first()?, usize::from(*rest.get(1)?));
        if kind == SYSTEM_INFORMATION {
            let uuid = rest.get(..length)?.get(8..24)?;
            let left_out = uuid.iter().all(|byte| *byte == 0) || uuid.iter().all(|byte| *byte == 0xff);
            let mut text = String::new();
            uuid.iter().try_for_each(|byte| write!(text, "{byte:02x}")).ok()?;
            return (!left_out).then_some(text);
        }
        // Texts follow, each ended by a zero; one more zero ends the structure.
        let texts = rest.get(length.max(4)..)?;
        let end = texts.windows(2).position(|pair| pair == [0, 0])?;
        rest = texts.get(end + 2..)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ioreg_s_values_are_found_by_their_keys() {
        let printed = r#"
+-o MacBookPro18,3  <class IOPlatformExpertDevice, id 0x100000110>
    {
      "IOPlatformSerialNumber" = "C02XL0GTJGH5"
      "manufacturer" = <"Apple Inc.">
      "IOPlatformUUID" = "0A1B2C3D-0000-1111-2222-333344445555"
      "IOBusyInterest" = "IOCommand is not serializable"
    }
  | "IOMACAddress" = <f01898aabbcc>
"#;
        let of = |key| registry_values(printed, key);
        assert_eq!(of("IOPlatformUUID"), ["0A1B2C3D-0000-1111-2222-333344445555"]);
        assert_eq!(of("IOPlatformSerialNumber"), ["C02XL0GTJGH5"]);
        assert_eq!(of("IOMACAddress"), ["f01898aabbcc"]);
        assert_eq!(of("IOPlatform"), [""; 0]);
    }

    #[test]
    fn the_firmware_s_uuid_is_found_in_its_table() {
        let system = |uuid: [u8; 16]| {
            let mut table = vec![0, 3, 2, 0, 0, 0, 0, 0];
            // BIOS information with a text, then system information without.
            table.extend([0, 5, 0, 0, 1, b'A', b'C', 0, 0]);
            table.extend([1, 27, 1, 0, 0, 0, 0, 0]);
            table.extend(uuid);
            table.extend([6, 0, 0, 0, 0]);
            table
        };
        let uuid = [0x0a, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 0xff];
        let table = system(uuid);
        assert_eq!(firmware_uuid(&table).unwrap(), "0a0102030405060708090a0b0c0d0eff");
        assert_eq!(firmware_uuid(&system([0; 16])), None);
        assert_eq!(firmware_uuid(&system([0xff; 16])), None);
        // Cut off anywhere before its end, or nonsense, it has none.
        assert!((0..table.len() - 8).all(|length| firmware_uuid(&table[..length]).is_none()));
        assert_eq!(firmware_uuid(&[0; 64]), None);
    }
}
