    {{ if paired }}
    let other = workgroup.y >= parameters.tiles;
    let first_row = (workgroup.y - select(0u, parameters.tiles, other)) * ROWS;
    {{ else }}
    let other = false;
    let first_row = workgroup.y * ROWS;
    {{ end }}
    let part = part_at(other);
    let first_column = workgroup.x * MATRIX_COLUMNS;
