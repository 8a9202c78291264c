//! A finished picture: its record, its layers, and the files that the page shows.
//!
//! The drawing stays in the file as it came. A canvas multiplies colour by alpha and rounds, so it is
//! good for looking but never read back; files are made from that file.

use image2_picture::Colour;
use leptos::prelude::*;

use crate::library::address::{Address, Refused};
use crate::library::file::Drawing;
use crate::library::record::Record;

/// A picture of the library. Equal by identity: pixels are never compared.
#[derive(Debug)]
pub struct Item {
    /// Counts up within the session, for people.
    pub number: u32,
    /// As the picture was finished; [`Item::current_record`] has the present ground.
    pub record: Record,
    /// The layer below the drawing.
    pub ground: ArcRwSignal<Option<Colour>>,
    pub drawing: Drawing,
    pub thumbnail: Drawing,
    /// What the page shows, and so what "Save image as" or a drag out of the window gives.
    pub address: Address,
    pub thumbnail_address: Address,
}

impl PartialEq for Item {
    fn eq(&self, other: &Self) -> bool {
        self.record.id == other.record.id
    }
}

impl Item {
    /// Gives a finished picture its addresses.
    pub fn new(
        number: u32,
        record: Record,
        [drawing, thumbnail]: [Drawing; 2],
    ) -> Result<Self, Refused> {
        Ok(Self {
            number,
            ground: ArcRwSignal::new(record.recipe.ground),
            record,
            address: Address::new(drawing.blob())?,
            thumbnail_address: Address::new(thumbnail.blob())?,
            drawing,
            thumbnail,
        })
    }

    /// The record with the ground that the picture has now; untracked.
    pub fn current_record(&self) -> Record {
        let mut record = self.record.clone();
        record.recipe.ground = self.ground.get_untracked();
        record
    }
}
