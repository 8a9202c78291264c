//! The XMP packet (IPTC Photo Metadata 2025.1): the mark for trained algorithms and, if the caller
//! passes parameters, the prompt and the model.

use crate::Parameters;

/// The mark: an entry of IPTC's vocabulary of digital source types.
pub(crate) const TRAINED_ALGORITHMIC_MEDIA: &str =
    "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia";

/// The packet: the text of a PNG's `XML:com.adobe.xmp` chunk, or the content of an SVG's `<metadata>`.
#[must_use]
pub fn xmp(parameters: Option<&Parameters>) -> String {
    let mut details = String::new();
    if let Some(parameters) = parameters {
        for (property, value) in [
            ("AIPromptInformation", &parameters.recipe.prompt),
            ("AISystemUsed", &parameters.model),
            ("AISystemVersionUsed", &parameters.program),
        ] {
            let value = escape(value);
            details += &format!("   <Iptc4xmpExt:{property}>{value}</Iptc4xmpExt:{property}>\n");
        }
    }
    format!(
        r#"<?xpacket begin="{bom}" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about="" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/">
   <Iptc4xmpExt:DigitalSourceType>{TRAINED_ALGORITHMIC_MEDIA}</Iptc4xmpExt:DigitalSourceType>
{details}  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>"#,
        bom = '\u{feff}',
    )
}

/// Escapes `text` as the content of an XML element. Characters that XML 1.0 excludes become
/// U+FFFD. Carriage returns become character references, because parsers normalize raw ones to
/// line feeds.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped += "&amp;",
            '<' => escaped += "&lt;",
            '>' => escaped += "&gt;",
            '\r' => escaped += "&#13;",
            '\n' | '\t' => escaped.push(c),
            '\0'..'\u{20}' | '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}
