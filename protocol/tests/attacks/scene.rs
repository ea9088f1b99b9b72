//! What the attacks start from: a valid OLF, and a reader that tells by which code it refuses.

use postern_protocol::UnderGrant;
use postern_protocol::documents::License;
use postern_protocol::{Digest, Explain as _, SecretKey, TrustState, VerifiedFile};
use postern_testkit::{World, forge, key, public, sign};

/// A world, the trust of its reader, and the machine that its license is for.
pub(crate) struct Scene {
    pub(crate) world: World,
    pub(crate) trust: TrustState,
    pub(crate) device: SecretKey,
}

impl Scene {
    pub(crate) fn new() -> Self {
        Self::of(World::new())
    }

    pub(crate) fn of(world: World) -> Self {
        let trust = world.trust_state();
        Self { world, trust, device: key(30) }
    }

    pub(crate) fn license(&self) -> License {
        self.world.license(public(&self.device), Some(Digest::of(b"request")))
    }

    /// The valid file, line by line: operations grant, account's grant, license.
    pub(crate) fn lines(&self) -> Vec<Vec<u8>> {
        let license = sign(&self.license(), &[&self.world.portal_key]);
        forge::lines(self.world.file(license).envelopes())
    }

    pub(crate) fn read<T: UnderGrant>(&self, bytes: &[u8]) -> Result<VerifiedFile<T>, &'static str> {
        self.world.reader(&self.trust).file(bytes).map_err(|error| {
            assert!(!error.to_string().is_empty() && !error.advice().is_empty(), "errors come in pairs");
            error.code()
        })
    }

    /// `"read"`, or the code by which these lines are refused as an OLF.
    pub(crate) fn code(&self, lines: &[Vec<u8>]) -> &'static str {
        self.code_of_bytes(&forge::file(lines))
    }

    pub(crate) fn code_of_bytes(&self, bytes: &[u8]) -> &'static str {
        self.read::<License>(bytes).map_or_else(|code| code, |_| "read")
    }
}

#[test]
fn the_scene_itself_is_read() {
    let scene = Scene::new();
    assert_eq!(scene.code(&scene.lines()), "read");
}
