//! The main job's steps.

use super::sheet::Sheet;
use super::{allocate, batch, begin, done, handover, load, matter, own, unlock};
use crate::desk::model::account::Way;
use crate::desk::model::flow::{Flow, State};
use crate::screen::Tag;

pub(super) fn sheet(state: &State) -> Sheet {
    match &state.flow {
        Flow::Starting | Flow::Stopped(_) => {
            Sheet::bare("starting", Tag::Span.class("skeleton skeleton-block")).step(1)
        }
        Flow::Load => load::load(state),
        Flow::Unlock(loaded) if loaded.way == Way::Credential => own::own(state, loaded),
        Flow::Unlock(loaded) => unlock::unlock(state, loaded),
        Flow::TakeOver(received, _) => handover::take_over(state, received),
        Flow::Begin(account) => begin::begin(state, account),
        Flow::Ready(account) => begin::ready(state, account),
        Flow::Allocate(account, asked) => allocate::allocate(state, account, asked),
        Flow::Matter(account, matter) => matter::matter(state, account, matter),
        Flow::Batch(account) => match &state.batch {
            Some(several) => batch::batch(state, several),
            None => begin::ready(state, account),
        },
        Flow::Done(account, issued) => match (&issued.answers, issued.document) {
            (Some(answers), Some(document)) => done::done(state, account, issued, answers, document),
            _ => begin::ready(state, account),
        },
    }
}
