//! Opening the page: the brand, what this browser keeps, the bundle that the site offers.

use super::load::Taken;
use super::{Refused, Tasks};
use crate::browser::site::{self, Fetched};
use crate::browser::store::Store;
use crate::browser::{keys, page};
use crate::model::brand::{self, Brand};
use crate::model::change::Change;
use crate::model::error::{Explained, PortalError};

impl Tasks {
    pub(super) async fn start(&self) -> Result<(), Refused> {
        let (brand, store) = match self.prepare().await {
            Ok(prepared) => prepared,
            Err(refused) => {
                // Without brand or storage there is no page to show a notice on.
                refused.into_iter().take(1).for_each(|error| self.tell(Change::Stopped(error)));
                return Ok(());
            }
        };
        let stored = match store.latest_bundles().await?.pop() {
            Some(bytes) => self.load(bytes, &brand).await,
            None => Ok(Taken::Nothing),
        };
        let offered = match &brand.bundle {
            Some(name) => match self.site_file(name.as_str()).await {
                Ok(bytes) => self.load(bytes, &brand).await,
                Err(refused) => Err(refused),
            },
            None => Ok(Taken::Nothing),
        };
        match (stored, offered) {
            // What is stored will do; a site that still offers an older bundle is no news.
            (Ok(Taken::Bundle), _) => Ok(()),
            (Ok(Taken::Nothing) | Err(_), Ok(Taken::Bundle)) => Ok(()),
            (stored, offered) => {
                self.tell(Change::NoBundle);
                stored.and(offered).map(|_| ())
            }
        }
    }

    /// What the page can't do without.
    async fn prepare(&self) -> Result<(Brand, Store), Refused> {
        let brand = self.brand().await?;
        page::set_title(&brand.name);
        let properties = brand.colors.properties();
        page::set_style(&properties.iter().map(|(name, value)| (*name, value.as_str())).collect::<Vec<_>>());
        self.tell(Change::Started { brand: brand.clone().into(), keeps_keys: keys::make().await.is_some() });
        let store = self.store().await?;
        self.tell(Change::Keys(store.keys().await?));
        Ok((brand, store))
    }

    async fn brand(&self) -> Result<Brand, Refused> {
        match site::fetch("brand.json").await {
            Fetched::Found(bytes) => Ok(brand::read(&bytes).map_err(|error| Explained::from(&error))?),
            Fetched::Missing => Ok(Brand::default()),
            Fetched::Failed(detail) => Err(PortalError::BrandUnreachable(detail).into()),
        }
    }

    /// A file that the brand names.
    pub(super) async fn site_file(&self, name: &str) -> Result<Vec<u8>, Refused> {
        match site::fetch(name).await {
            Fetched::Found(bytes) => Ok(bytes),
            Fetched::Missing => Err(PortalError::SiteFile { name: name.into(), detail: "404".into() }.into()),
            Fetched::Failed(detail) => Err(PortalError::SiteFile { name: name.into(), detail }.into()),
        }
    }
}
