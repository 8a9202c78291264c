//! A picture that is being enlarged: hands out tiles, takes their results, and knows no device.
//!
//! Passes follow each other; the tiles of one pass may be computed in any order, anywhere and at
//! the same time. Transparent tiles are never handed out. Dropping an enlargement cancels it.

use image2_picture::{Picture, PictureError};

use super::content::{Region, content, is_transparent, region, scaled};
use super::passes::{Pass, passes};
use super::placement::Placement;
use super::tile::Tile;
use super::tile_plan::{TilePlan, TileWork, Tiling};

/// The enlargement of one picture, as data.
#[derive(Debug)]
pub struct Enlargement {
    placement: Placement,
    tiling: Tiling,
    crop: bool,
    passes: Vec<Pass>,
    /// The number of the pass that runs, from 1; one more than there are at the end.
    pass: u32,
    /// What the pass reads; at the end the finished picture.
    input: Picture,
    /// The result so far: pixels of the canvas for the last pass, of its output for the
    /// others.
    output: Vec<u8>,
    /// Tiles of the pass that were not handed out, last first.
    waiting: Vec<TileWork>,
    /// Tiles that were handed out and are not back.
    out: usize,
    /// Tiles that are back, of all passes.
    done: usize,
    /// Tiles that later passes probably have.
    later: usize,
    preview: Option<Picture>,
}

impl Enlargement {
    /// Enlarges a picture to its place on a canvas. With `crop`, no more is read than the content.
    ///
    /// # Errors
    /// If the canvas is larger than a picture may be.
    ///
    /// # Panics
    /// If the place is smaller than the picture.
    pub(crate) fn new(
        picture: Picture,
        placement: Placement,
        tiling: Tiling,
        crop: bool,
    ) -> Result<Self, PictureError> {
        let passes = passes(size(&picture), placement.size, tiling.factor);
        if passes.is_empty() {
            return Ok(Self::finished(placement.place(picture)?));
        }
        let mut enlargement = Self {
            placement,
            tiling,
            crop,
            passes,
            pass: 0,
            ..Self::finished(picture)
        };
        enlargement.begin()?;
        Ok(enlargement)
    }

    /// Nothing is left to do: the finished picture.
    pub(crate) fn finished(picture: Picture) -> Self {
        let placement = Placement::whole(size(&picture));
        let tiling = Tiling {
            window_max: 0,
            margin: 0,
            factor: 1,
        };
        Self {
            placement,
            tiling,
            crop: false,
            passes: Vec::new(),
            pass: 1,
            input: picture,
            output: Vec::new(),
            waiting: Vec::new(),
            out: 0,
            done: 0,
            later: 0,
            preview: None,
        }
    }

    /// Where the picture is to stand.
    pub(crate) fn placement(&self) -> Placement {
        self.placement
    }

    /// Height and width of the present picture: the one to enlarge, before the first pass has ended.
    pub(crate) fn from(&self) -> [u32; 2] {
        size(&self.input)
    }

    /// The windows of the tiles of this pass and, probably, of the later ones.
    pub(crate) fn windows(&self) -> Vec<[usize; 2]> {
        let tiles = self.remaining().flatten();
        tiles.map(|tile| tile.window()).collect()
    }

    /// The next tile; `None` while all tiles of a pass are out, and at the end.
    pub fn next_tile(&mut self) -> Option<Tile> {
        let work = self.waiting.pop()?;
        self.out += 1;
        Some(Tile::cut(&self.input, work))
    }

    /// Takes the result of a tile: straight RGBA, [`TileWork::output`] pixels.
    ///
    /// # Errors
    /// If the pass's output is larger than a picture may be.
    ///
    /// # Panics
    /// If no tile of this pass is out, or the result has another size.
    pub fn put(&mut self, work: &TileWork, rgba: &[u8]) -> Result<(), PictureError> {
        let TileWork { rows, columns, .. } = work;
        let pixels = rows.count as usize * columns.count as usize;
        assert_eq!(rgba.len(), 4 * pixels, "pixels of {work:?}");
        let is_out = work.pass == self.pass && self.out > 0;
        assert!(is_out, "{work:?} in pass {}", self.pass);
        let (first, size) = ([rows.first, columns.first], [rows.count, columns.count]);
        let surface = self.surface();
        surface.write(&mut self.output, first, size, rgba);
        self.out -= 1;
        self.done += 1;
        if self.out == 0 && self.waiting.is_empty() {
            self.end()?;
            self.begin()?;
        }
        Ok(())
    }

    /// Tiles that are done, and all of them; the latter are an estimate until the last pass.
    #[must_use]
    pub fn tiles(&self) -> [u32; 2] {
        let all = self.done + self.out + self.waiting.len() + self.later;
        [self.done, all].map(|count| count as u32)
    }

    /// The result of a pass that is not the last, once, in the proportions of the canvas: the
    /// picture enlarged at least once.
    pub fn take_preview(&mut self) -> Option<Picture> {
        self.preview.take()
    }

    /// Whether all tiles are done.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.pass as usize > self.passes.len()
    }

    /// The finished picture; `None` before the last tile.
    #[must_use]
    pub fn finish(self) -> Option<Picture> {
        self.is_finished().then_some(self.input)
    }

    /// Begins the next pass that has tiles.
    fn begin(&mut self) -> Result<(), PictureError> {
        self.pass += 1;
        while !self.is_finished() {
            let mut remaining = self.remaining();
            let mut tiles = remaining.next().unwrap_or_default();
            let later = remaining.map(|tiles| tiles.len()).sum();
            tiles.reverse();
            (self.waiting, self.later) = (tiles, later);
            let [height, width] = self.surface().canvas;
            self.output = vec![0; 4 * height as usize * width as usize];
            if !self.waiting.is_empty() {
                break;
            }
            self.end()?;
            self.pass += 1;
        }
        Ok(())
    }

    /// Makes the output of the pass the input of the next one.
    fn end(&mut self) -> Result<(), PictureError> {
        let surface = self.surface();
        let [height, width] = surface.canvas;
        self.input = Picture::new(width, height, std::mem::take(&mut self.output))?;
        // Steps showed the drawing enlarged once; a pass may make less at first.
        let [rows, columns] = self.passes[0];
        let once = [rows.input, columns.input].map(|side| side * self.tiling.factor);
        let is_shown = surface.size[0] >= once[0] && surface.size[1] >= once[1];
        if is_shown && (self.pass as usize) < self.passes.len() {
            let place = self.placement.scaled(surface.size);
            self.preview = Some(place.place(self.input.clone())?);
        }
        Ok(())
    }

    /// Where the pass writes: to the canvas if it is the last one.
    fn surface(&self) -> Placement {
        let index = self.pass as usize - 1;
        match index + 1 == self.passes.len() {
            true => self.placement,
            false => Placement::whole(self.passes[index].map(|side| side.output)),
        }
    }

    /// The tiles of this pass and, probably, of the later ones, as far as the present picture
    /// shows.
    fn remaining(&self) -> impl Iterator<Item = Vec<TileWork>> {
        let content = content(&self.input);
        let passes = (1..).zip(&self.passes).skip(self.pass as usize - 1);
        passes.map(move |(number, pass)| match content {
            Some(content) => self.tiles_of(number, pass, content),
            None => Vec::new(),
        })
    }

    fn tiles_of(&self, number: u32, pass: &Pass, content: Region) -> Vec<TileWork> {
        let input = pass.map(|side| side.input);
        let content = scaled(content, size(&self.input), input);
        let mut tiles = tiles_of(number, pass, content, self.tiling, self.crop);
        tiles.retain(|tile| !is_transparent(&self.input, [tile.rows, tile.columns], input));
        tiles
    }
}

/// The tiles of a pass whose input has this content.
fn tiles_of(
    number: u32,
    pass: &Pass,
    content: Region,
    tiling: Tiling,
    crop: bool,
) -> Vec<TileWork> {
    let input = pass.map(|side| side.input);
    let region = region(content, input, tiling.margin, crop);
    TilePlan::new(number, pass, region, tiling).tiles
}

/// The share of its side that a thing usually fills, in hundredths.
const USUAL: u32 = 86;

/// The windows of all tiles that enlarging a drawing of this size probably has, before it is drawn.
pub(crate) fn expected_windows(
    from: [u32; 2],
    placement: Placement,
    tiling: Tiling,
    crop: bool,
) -> Vec<[usize; 2]> {
    let passes = passes(from, placement.size, tiling.factor);
    let windows = (1..).zip(&passes).flat_map(|(number, pass)| {
        let content = pass.map(|side| {
            let edge = side.input * (100 - USUAL) / 200;
            [edge.max(1), (side.input - edge).max(2) - 1].map(|at| at as i32)
        });
        tiles_of(number, pass, content, tiling, crop)
    });
    windows.map(|tile| tile.window()).collect()
}

/// Height and width.
fn size(picture: &Picture) -> [u32; 2] {
    [picture.height(), picture.width()]
}

#[cfg(test)]
mod tests;
