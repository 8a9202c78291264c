const VECTOR_QUADS = QUADS / VECTORS; // vectors of four k in a vector of four words

// Four values of a weight row's block, number `quad` of those in the block; `words` holds them.
fn decode(words: vec4<u32>, quad: u32) -> vec4<f32> {
    {{ decode }}
}

