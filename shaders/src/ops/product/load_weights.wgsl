        // Each matrix of the workgroup's part.
        {{ if paired }}
        if (other) {
            {{ for second in seconds }}
            load_w(part, true, {{ second }}, first_column, block, invocation);
            {{ end }}
        } else {
            {{ for second in seconds }}
            load_w(part, false, {{ second }}, first_column, block, invocation);
            {{ end }}
        }
        {{ else }}
        {{ for second in seconds }}
        load_w(part, false, {{ second }}, first_column, block, invocation);
        {{ end }}
        {{ end }}
