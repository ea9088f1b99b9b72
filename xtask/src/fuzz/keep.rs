//! Which inputs of a fuzzer are worth keeping in the repository: the few that together reach most.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::fail::{During, Fail, Result};

/// How many inputs of one target are kept. People may keep more by hand: those are never taken away.
const MOST: usize = 32;

/// What each input reaches, as libFuzzer's merge writes it into its control file.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Reached(BTreeMap<PathBuf, BTreeSet<u64>>);

impl Reached {
    /// Reads a control file: counts, the inputs' names, then `FT <index> <feature>…` for each.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let unreadable = || Fail::new("libFuzzer's merge control file has another form than expected");
        let mut lines = text.lines();
        let count: usize = lines.next().and_then(|line| line.parse().ok()).ok_or_else(unreadable)?;
        let names: Vec<PathBuf> = lines.by_ref().skip(1).take(count).map(PathBuf::from).collect();
        let mut reached = BTreeMap::new();
        for line in lines {
            let mut words = line.split(' ');
            if words.next() != Some("FT") {
                continue;
            }
            let index: Option<usize> = words.next().and_then(|word| word.parse().ok());
            let name = index.and_then(|index| names.get(index)).ok_or_else(unreadable)?;
            reached.insert(name.clone(), words.filter_map(|word| word.parse().ok()).collect());
        }
        Ok(Self(reached))
    }

    /// The inputs in `found` to keep beside all the others: each next one reaches the most that
    /// nothing before it reached; of two alike the one whose name comes first.
    fn choose(&self, found: &Path, most: usize) -> Vec<&Path> {
        let (new, have): (Vec<_>, Vec<_>) = self.0.iter().partition(|(path, _)| path.starts_with(found));
        let mut covered: BTreeSet<u64> = have.into_iter().flat_map(|(_, features)| features).copied().collect();
        let mut chosen = Vec::new();
        while chosen.len() < most {
            let gain = |features: &BTreeSet<u64>| features.difference(&covered).count();
            let best = new.iter().map(|(path, features)| (gain(features), *path, *features));
            let Some((1.., path, features)) = best.max_by_key(|(gain, path, _)| (*gain, std::cmp::Reverse(*path)))
            else {
                break;
            };
            covered.extend(features);
            chosen.push(path.as_path());
        }
        chosen
    }
}

/// Copies into `kept` what is worth keeping of `found`, up to the limit.
pub(crate) fn keep(reached: &Reached, found: &Path, kept: &Path) -> Result<()> {
    let during = format_args!("keeping inputs in {}", kept.display()).to_string();
    let already = std::fs::read_dir(kept).during(&during)?.count();
    let chosen = reached.choose(found, MOST.saturating_sub(already));
    for path in &chosen {
        std::fs::copy(path, kept.join(path.file_name().unwrap_or_default())).during(&during)?;
    }
    println!("{} inputs more are kept in {}", chosen.len(), kept.display());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONTROL: &str = "4\n0\nseeds/a\nfound/b\nfound/c\nfound/d\nSTARTED 0 1\nFT 0 1 2\nCOV 0 1\nSTARTED 1 1\nFT 1 2 3\n\
                           COV 1\nSTARTED 2 9\nFT 2 3 4 5\nSTARTED 3 9\nFT 3 1 4 5\n";

    #[test]
    fn the_inputs_that_reach_most_beyond_the_seeds_are_chosen() {
        let reached = Reached::parse(CONTROL).unwrap();
        let chosen = |most| -> Vec<String> {
            reached.choose(Path::new("found"), most).iter().map(|path| path.display().to_string()).collect()
        };
        assert_eq!(chosen(9), ["found/c"], "b and d reach nothing that c and the seed do not");
        assert_eq!(chosen(0), [""; 0]);
        assert!(Reached::parse("FT 0 1").is_err() && Reached::parse("1\n0\na\nFT 7 1").is_err());
    }

    #[test]
    fn no_more_is_kept_than_the_limit_and_nothing_twice() {
        let folder = tempfile::tempdir().unwrap();
        let (found, kept) = (folder.path().join("found"), folder.path().join("kept"));
        [&found, &kept].iter().for_each(|folder| std::fs::create_dir(folder).unwrap());
        std::fs::write(kept.join("by-hand"), b"").unwrap();
        let mut control = "40\n0\n".to_owned();
        (0..40).for_each(|index| control += &format!("{}/{index}\n", found.display()));
        for index in 0..40 {
            std::fs::write(found.join(index.to_string()), b"x").unwrap();
            control += &format!("FT {index} {index} 100\n");
        }
        keep(&Reached::parse(&control).unwrap(), &found, &kept).unwrap();
        assert_eq!(std::fs::read_dir(&kept).unwrap().count(), MOST);
    }
}
