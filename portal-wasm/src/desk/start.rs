//! Opening the page: the brand, what this browser keeps, the bundle that the site offers.

use super::load::Taken;
use super::model::brand::{self, Brand};
use super::model::change::Change;
use super::model::error::PortalError;
use super::model::shown::Explained;
use super::{Desk, Refused};
use crate::browser::desk::keys;
use crate::browser::desk::store::Store;
use crate::talk::Fetched;

impl Desk {
    pub(super) async fn start(&self, brand: Fetched) -> Result<(), Refused> {
        let (brand, store) = match self.prepare(brand).await {
            Ok(prepared) => prepared,
            Err(refused) => {
                // Without brand or storage there is no page to show a notice on.
                refused.into_iter().take(1).for_each(|error| self.change(Change::Stopped(error)));
                return Ok(());
            }
        };
        self.stored_guide().await?;
        let newest = store.latest_bundles().await?.pop();
        let stored = match newest.clone() {
            Some(bytes) => self.load(bytes).await,
            None => Ok(Taken::Nothing),
        };
        let offered = match &brand.bundle {
            Some(name) => match self.fetch(name.as_str()).await {
                // The site offers what was loaded just now: no need to verify it once more.
                Ok(bytes) if newest.as_ref() == Some(&bytes) && stored.is_ok() => Ok(Taken::Bundle),
                Ok(bytes) => self.load(bytes).await,
                Err(refused) => Err(refused),
            },
            None => Ok(Taken::Nothing),
        };
        match (stored, offered) {
            // What is stored will do; a site that still offers an older bundle is no news.
            (Ok(Taken::Bundle), _) => Ok(()),
            (Ok(Taken::Nothing) | Err(_), Ok(Taken::Bundle)) => Ok(()),
            (stored, offered) => {
                self.change(Change::NoBundle);
                stored.and(offered).map(|_| ())
            }
        }
    }

    /// What the desk can't do without.
    async fn prepare(&self, brand: Fetched) -> Result<(Brand, Store), Refused> {
        let brand = match brand {
            Fetched::Found(bytes) => brand::read(&bytes.0).map_err(|error| Explained::from(&error))?,
            Fetched::Missing => Brand::default(),
            Fetched::Failed(detail) => return Err(PortalError::BrandUnreachable(detail).into()),
        };
        self.change(Change::Started { brand: brand.clone().into(), keeps_keys: keys::make().await.is_some() });
        let store = self.store().await?;
        self.change(Change::Keys(store.keys().await?));
        Ok((brand, store))
    }
}
