//! What a person can do on the page, and the fields that they can fill. The page hands these back as they are.

use super::change::Change;
use super::recovery::Guide;
use crate::screen::Act;
use crate::wire::{self, Bytes, wire};

/// What can be done by a click, or by sending a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// The ledger that the site offers shall be imported.
    SiteLedger,
    /// A key shall be made in this browser; the form has a passphrase, twice, where the browser can't keep one itself.
    MakeKey,
    /// The bundle shall be unlocked; the form has a name, and a passphrase for a key that the browser does not keep.
    Unlock,
    /// The file of an end user's machine shall be answered; the form has a user and a password, or a license key.
    Own,
    /// The key shall be put away.
    Lock,
    /// A new ledger shall begin.
    BeginLedger,
    /// The ledger shall be exported.
    ExportLedger,
    /// The license shall be issued.
    Issue,
    /// The matter on the table shall be carried out.
    CarryOut,
    /// Every one of several files that can be answered shall be.
    AnswerAll,
    /// The file with this index of several shall be opened alone.
    Open(u64),
    /// The answers to several files shall be downloaded again.
    DownloadPack,
    /// A machine shall be refreshed: its key, and what it holds its license under.
    Refresh(String, String),
    /// A machine shall be released as dead: its key, and what it holds its license under.
    Release(String, String),
    /// The ledger shall say that another administrator goes on with it.
    TakeOver,
    /// A guide shall be gone through.
    Guide(Guide),
    /// The guide that is gone through shall be left.
    LeaveGuide,
    /// The files of machines that were collected shall be packed for the vendor.
    Pack,
    /// The ledger shall be handed over; the form says to whom, unless it was handed over already, and has a new passphrase,
    /// twice.
    HandOver,
    /// The handover on the table shall be taken over; the form has a name and the handover's passphrase.
    TakeHanded,
    /// The handover on the table shall be put away.
    PutAway,
    /// A token for this license id shall be made.
    MakeToken(String),
    /// The file of the document with this digest shall be downloaded again.
    Download(String),
    /// The next request, please.
    Again,
    /// The notice was read.
    Dismiss,
    /// The passphrase shall be readable, or not any more.
    Reveal,
    /// This License Code was copied.
    Copied(String),
    /// A license server shall be made under the entitlement with this id.
    NewServer(String),
    /// The terms of the license server with this id shall be changed.
    ChangeServer(String),
    /// The license server with this id shall stand so.
    StandServer(String, String),
    /// The bundle of the license server with this id shall be made anew.
    RenewServer(String),
    /// What is on the table for a license server shall be carried out.
    GiveServer,
    /// The license servers, please.
    CloseServer,
    /// One more stage for this seat type.
    AddStage(String),
    /// The stage of this seat type with this index is to go.
    RemoveStage(String, u64),
}

/// A field that is said with every change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Field {
    /// The first day.
    Start,
    /// The last day.
    End,
    /// Whether there is no last day.
    Endless,
    /// The number of seats of a type.
    Seats(String),
    /// The same on its slider: what is typed in the one field is no value for the other.
    Slider(String),
    /// Whether a restored machine is accepted as it is.
    AcceptFork,
    /// Whether the machine's consumption counters begin anew.
    MoveBase,
    /// The reason for releasing a machine.
    Reason,
    /// What is searched for.
    Search,
    /// Whether user and password are entered, not a license key.
    ByUser(bool),
    /// A field of a license server.
    Server(String),
}

/// A change of one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edit {
    /// Another first day.
    Start(String),
    /// Another last day.
    End(String),
    /// No last day, or one after all.
    Endless(bool),
    /// Another number of seats of a type.
    Seats(String, String),
    /// The restored machine is accepted as it is, or not after all.
    AcceptFork(bool),
    /// The machine's consumption counters begin anew, or not after all.
    MoveBase(bool),
    /// Another reason for releasing a machine.
    Reason(String),
    /// Another content of a license server's field: what is typed, and whether it is ticked.
    Server(String, String, bool),
}

wire!(enum Command {
    0 => SiteLedger, 1 => MakeKey, 2 => Unlock, 3 => Own, 4 => Lock, 5 => BeginLedger, 6 => ExportLedger, 7 => Issue,
    8 => CarryOut, 9 => AnswerAll, 10 => Open(index), 11 => DownloadPack, 12 => Refresh(device, license_id),
    13 => Release(device, license_id), 14 => TakeOver, 15 => MakeToken(license_id), 16 => Download(document),
    17 => Again, 18 => Dismiss, 19 => Reveal, 20 => Copied(code), 21 => NewServer(under),
    22 => ChangeServer(id), 23 => StandServer(id, standing), 24 => RenewServer(id), 25 => GiveServer, 26 => CloseServer,
    27 => AddStage(seat_type), 28 => RemoveStage(seat_type, index),
    29 => HandOver, 30 => TakeHanded, 31 => PutAway, 32 => Guide(guide), 33 => LeaveGuide, 34 => Pack,
});
wire!(enum Field {
    0 => Start, 1 => End, 2 => Endless, 3 => Seats(seat_type), 4 => AcceptFork, 5 => MoveBase, 6 => Reason, 7 => Search,
    8 => ByUser(users), 9 => Slider(seat_type), 10 => Server(name),
});

impl Command {
    /// As the page hands it back.
    pub fn bytes(&self) -> Bytes {
        Bytes(wire::write(self))
    }

    /// A click on something says it.
    pub fn click(&self) -> Act {
        Act::Click(self.bytes())
    }
}

impl Field {
    /// What is typed is said with every letter.
    pub fn typed(&self) -> Act {
        Act::Type(Bytes(wire::write(self)))
    }

    /// Whether it is ticked is said.
    pub fn ticked(&self) -> Act {
        Act::Tick(Bytes(wire::write(self)))
    }

    /// What it means that the field holds this.
    pub fn change(self, typed: String, ticked: bool) -> Change {
        Change::Edited(match self {
            Self::Search => return Change::Searched(typed),
            Self::ByUser(users) => return Change::ByUser(users),
            Self::Start => Edit::Start(typed),
            Self::End => Edit::End(typed),
            Self::Endless => Edit::Endless(ticked),
            Self::Seats(seat_type) | Self::Slider(seat_type) => Edit::Seats(seat_type, typed),
            Self::AcceptFork => Edit::AcceptFork(ticked),
            Self::MoveBase => Edit::MoveBase(ticked),
            Self::Reason => Edit::Reason(typed),
            Self::Server(name) => Edit::Server(name, typed, ticked),
        })
    }
}
