//! Writes every kernel in WGSL, as browsers receive it, to a file each in a folder that it empties
//! first. `tests/browser/kernels/` compiles them.
//!
//!     cargo run -p image2-shaders --example kernels -- FOLDER

use std::io;
use std::path::PathBuf;

fn main() -> io::Result<()> {
    let folder = std::env::args_os().nth(1).map(PathBuf::from);
    let folder = folder.ok_or_else(|| io::Error::other("name a folder"))?;
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    std::fs::create_dir_all(&folder)?;
    let kernels = image2_shaders::kernels();
    for (i, (name, source)) in kernels.iter().enumerate() {
        std::fs::write(folder.join(format!("{name}-{i:04}.wgsl")), source)?;
    }
    println!("{} kernels in {}", kernels.len(), folder.display());
    Ok(())
}
