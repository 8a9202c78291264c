// Multiplications and additions in registers alone: what the device can reach at best.
//
// Each invocation keeps sixteen vectors busy; only their sum is written, so that nothing can be
// left out.

struct Parameters {
    rounds: u32,
}

@group(0) @binding(0) var<uniform> parameters: Parameters;
@group(0) @binding(1) var<storage, read_write> out: array<vec4<f32>>; // one value an invocation

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) invocation: vec3<u32>) {
    let factor = vec4(0.9990234375); // times it and a little more: one instruction where there is one
    let rest = vec4(f32(invocation.x)) * 1e-6;
    {{ declare }}
    for (var i = 0u; i < parameters.rounds; i++) {
        {{ multiply }}
    }
    out[invocation.x] = {{ sum }};
}
