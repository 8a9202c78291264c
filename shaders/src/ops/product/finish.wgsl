    // Every invocation stores its outputs; of a gate, `j` is of the first matrix and `gate_j` of the
    // second.
    {{ for i in own_rows }}
    {{ for j, gate_j in own_outputs }}
    store(
        part, other, first_row + {{ i }}u * 8u + local.y, first_column + {{ j }}u * 8u + local.x,
        {{ if gated }}
        silu(norm_{{ i }} * sum_{{ i }}_{{ j }}) * (norm_{{ i }} * sum_{{ i }}_{{ gate_j }})
        {{ else }}
        norm_{{ i }} * sum_{{ i }}_{{ j }}
        {{ end }}
    );
    {{ end }}
    {{ end }}
