// Dequantization: four weights from the words of a block, in each storage format.

const VECTOR_QUADS = QUADS / VECTORS; // vectors of four k in a vector of four words

// Four values of a weight row's block, number `quad` of those in the block; `words` holds them.
fn decode(words: vec4<u32>, quad: u32) -> vec4<f32> {
    {{ if f32 }}
    return bitcast<vec4<f32>>(words);
    {{ end }}
    {{ if f16 }}
    let two = select(words.xy, words.zw, quad % 2u == 1u);
    return vec4(unpack2x16float(two.x), unpack2x16float(two.y));
    {{ end }}
    {{ if q8 }}
    let word = vec4(bitcast<i32>(words[quad % 4u]));
    return vec4<f32>((word << vec4(24u, 16u, 8u, 0u)) >> vec4(24u));
    {{ end }}
    {{ if q4 }}
    let word = words[quad / 2u] >> (quad % 2u * 16u);
    return vec4<f32>((vec4(word) >> vec4(0u, 4u, 8u, 12u)) & vec4(15u)) - 8.0;
    {{ end }}
}

