// Four values of a weight row's block, whose words begin at `first`.
fn decode(other: bool, second: bool, first: u32, quad: u32) -> vec4<f32> {
    {{ decode }}
}

