//! A finished picture: its record, its pixels, and the file that the page shows.
//!
//! The pixels stay here as they came. A canvas multiplies colour by alpha and rounds, so it is
//! good for looking but never read back; files are made from these bytes.

use image2_picture::Picture;

use crate::library::address::{Address, Refused};
use crate::library::file;
use crate::library::record::Record;

/// A picture of the library. Equal by identity: pixels are never compared.
#[derive(Debug)]
pub struct Item {
    /// Counts up within the session, for people.
    pub number: u32,
    pub record: Record,
    pub picture: Picture,
    /// The marked PNG without parameters: what the page shows, and so what "Save image as" or a
    /// drag out of the window gives.
    pub address: Address,
}

impl PartialEq for Item {
    fn eq(&self, other: &Self) -> bool {
        self.record.id == other.record.id
    }
}

impl Item {
    /// Gives a finished picture its address.
    pub fn new(number: u32, record: Record, picture: Picture) -> Result<Self, Refused> {
        let address = Address::new(&file::png(&picture, None))?;
        Ok(Self {
            number,
            record,
            picture,
            address,
        })
    }
}
