# Deutsch. Anrede: du. Kurz und direkt: was geschehen ist, dann was zu tun ist.
# Unsere Wörter: Bild, Motiv (thing), Stil (look), Versuch (take), Worte oder Prompt,
# Startzahl (seed), Worttreue (guidance), Grafikchip (GPU), Prozessor.

## The frame around the screens

app-title = Image 2
app-title-progress = { $percent } % · Image 2
app-title-busy = In Arbeit · Image 2
skip-link = Zum Inhalt springen
preferences = App-Einstellungen
close = Schließen
not-found-title = Seite nicht gefunden
not-found = Unter dieser Adresse gibt es nichts.
not-found-back = Zurück zu Image 2

## Preferences

appearance = Darstellung
appearance-auto = Auto
appearance-light = Hell
appearance-dark = Dunkel
language = Sprache
language-auto = Automatisch
language-unavailable = Diese Sprache konnte nicht geladen werden. Prüfe die Verbindung und wähle sie noch einmal.
compute-on = Rechnen mit
compute-on-auto = Auto
compute-on-gpu = Grafikchip
compute-on-cpu = Prozessor
preferences-privacy = Prompts, Einstellungen und Bilder bleiben auf diesem Gerät. Nichts wird verschickt, es gibt kein Konto und keine Begrenzung.

## Where it computes

device-gpu = Rechnet mit deinem Grafikchip
device-gpu-named = Rechnet mit deinem Grafikchip ({ $adapter })
device-cpu = Rechnet mit dem Prozessor
device-cpu-because = Rechnet mit dem Prozessor: { $reason }
device-starting-gpu = Der Grafikchip wird vorbereitet …
device-starting-cpu = Der Prozessor wird vorbereitet …
device-searching = Suche nach einem Grafikchip …
device-hint-gpu = Dein Grafikchip zeichnet die Bilder.
reason-chosen = deine Wahl
reason-insecure = Seite nicht sicher
reason-no-webgpu = kein WebGPU im Browser
reason-no-adapter = kein brauchbarer Grafikchip
reason-software = kein echter Grafikchip
reason-chosen-help = Du hast in den Einstellungen den Prozessor gewählt.
reason-insecure-help = Browser geben den Grafikchip nur für sichere Seiten frei. Öffne diese Seite über https, oder als localhost auf dem Rechner, der sie ausliefert.
reason-no-webgpu-help = Gezeichnet wird ohne den Grafikchip, das dauert länger. Dieser Browser bietet kein WebGPU; ein aktueller Chrome, Edge, Firefox oder Safari hat es.
reason-no-adapter-help = Gezeichnet wird ohne den Grafikchip, das dauert länger. Aktualisiere den Grafiktreiber und prüfe, ob in den Einstellungen des Browsers die Hardwarebeschleunigung an ist.
reason-software-help = Gezeichnet wird ohne den Grafikchip, das dauert länger. Dieser Browser bildet nur einen nach. Prüfe, ob in seinen Einstellungen die Hardwarebeschleunigung an ist.

## The prompt and the buttons

prompt = Prompt
prompt-placeholder = Beschreibe ein Bild, am besten auf Englisch
prompt-hint = Bleibt auf diesem Gerät. Enter erstellt das Bild, Umschalt + Enter beginnt eine neue Zeile.
prompt-missing = Schreib, was du sehen möchtest.
make = Erstellen
make-waiting = Startet nach dem Laden
making = Wird erstellt …
cancel = Abbrechen
stop = Anhalten
stopping = Hält an …
stop-now = Sofort beenden

## The model

model-loading = Das Modell wird geholt
model-loading-bytes = Das Modell wird geholt: { $received } von { $total }. Du kannst schon schreiben.
model-uploading = Das Modell kommt auf das Gerät …
model-preparing = Das Modell wird vorbereitet
model-preparing-percent = Wird für dieses Gerät vorbereitet: { $percent } %.
model-starting = Startet …
model-state-loading = Das Modell wird geholt …
model-state-preparing = Das Modell wird vorbereitet …
model-state-ready = { $title }, { $size }, { $licence }
model-state-down = Läuft nicht
model-about = Über dieses Modell
model-privacy = Kostenlos und unbegrenzt. Prompts und Bilder verlassen dieses Gerät nie.

## The settings

settings = Einstellungen
settings-recommended = Empfohlen
steps = Schritte
steps-note = Mehr Schritte dauern länger und bringen mehr Einzelheiten.
steps-count = { $count ->
    [one] { $count } Schritt
   *[other] { $count } Schritte
    }
guidance = Worttreue
guidance-note = Wie eng sich das Bild an die Worte hält. Bei 1 ist sie aus, und es geht doppelt so schnell.
guidance-off = Aus
size = Größe
size-square = Quadrat
size-side = Längere Seite in Pixeln
size-pixels = { $width } × { $height } Pixel.
size-cost = { $width } × { $height }: { $time }, { $memory } Speicher.
size-cost-time = { $width } × { $height }: { $time }.
size-cost-memory = { $width } × { $height }: { $memory } Speicher.
width-px = Breite, px
height-px = Höhe, px
ground = Hintergrund
ground-none = Keiner
ground-own = Eine eigene Farbe
colour-white = Weiß
colour-light-gray = Hellgrau
colour-black = Schwarz
colour-red = Rot
colour-orange = Orange
colour-yellow = Gelb
colour-green = Grün
colour-teal = Petrol
colour-sky-blue = Himmelblau
colour-navy = Marineblau
colour-purple = Lila
colour-pink = Rosa
seed = Startzahl
seed-placeholder = Für jedes Bild gewürfelt
seed-roll = Neue Startzahl würfeln
seed-lock = Startzahl festhalten
seed-locked = Festgehalten: gilt auch für das nächste Bild
seed-unlocked = Frei: für jedes Bild neu gewürfelt
seed-note-locked = Festgehalten: dieselben Einstellungen ergeben dasselbe Bild.
seed-note-unlocked = Für jedes Bild neu gewürfelt. Halte sie fest, um sie zu behalten.
seed-missing = Gib eine Zahl ein, oder gib die Startzahl frei, damit gewürfelt wird.
seed-not-digits = Eine Startzahl besteht nur aus Ziffern.
seed-too-large = Diese Zahl ist zu groß. Die größte Startzahl ist { $limit }.

## The stage

stage = Bild
stage-preview = Das Bild bis jetzt
stage-picture = Erstelltes Bild: { $prompt }
empty-title = Was soll es werden?
empty-text = Beschreibe ein Bild, und es entsteht hier, auf deinem eigenen Gerät. Niemand sonst sieht die Worte oder das Bild.
examples = Beispiele

## Progress

progress = Fortschritt des Bildes
progress-drawing = Wird gezeichnet …
progress-drawing-left = Wird gezeichnet. { $left }
progress-enlarging = Wird vergrößert: { $percent } %.
progress-enlarging-left = Wird vergrößert: { $percent } %. { $left }
progress-finishing = Gleich fertig …
left-second = Noch etwa eine Sekunde.
left-seconds = { $count ->
    [one] Noch etwa { $count } Sekunde.
   *[other] Noch etwa { $count } Sekunden.
    }
left-minute = Noch etwa eine Minute.
left-minutes = { $count ->
    [one] Noch etwa { $count } Minute.
   *[other] Noch etwa { $count } Minuten.
    }
left-hours = { $count ->
    [one] Noch etwa { $count } Stunde.
   *[other] Noch etwa { $count } Stunden.
    }

## Amounts

bytes = { $count ->
    [one] { $count } Byte
   *[other] { $count } Bytes
    }
number = { $count }
text = { $text }
quoted = „{ $text }“
list-pair = { $first }, { $second }
sentences = { $first } { $second }
bytes-kilo = { $count } kB
bytes-mega = { $count } MB
bytes-giga = { $count } GB
about-second = etwa eine Sekunde
about-seconds = { $count ->
    [one] etwa { $count } Sekunde
   *[other] etwa { $count } Sekunden
    }
about-minute = etwa eine Minute
about-minutes = { $count ->
    [one] etwa { $count } Minute
   *[other] etwa { $count } Minuten
    }
about-hours = { $count ->
    [one] etwa { $count } Stunde
   *[other] etwa { $count } Stunden
    }
duration-unknown = –
duration-ms = { $count } ms
duration-seconds = { $count } s
duration-minutes = { $minutes } min { $seconds } s

## The picture’s record

picture-about = Über dieses Bild
picture-download = Herunterladen
picture-making = Die Datei wird erstellt …
picture-downloaded = Heruntergeladen.
picture-unmade = Die Datei konnte nicht erstellt werden.
picture-copy = Bild kopieren
picture-copied = In die Zwischenablage kopiert.
copy-refused = Das Kopieren wurde nicht erlaubt.
picture-reuse = Diese Einstellungen wieder verwenden
picture-reused = Diese Einstellungen gelten wieder, die Startzahl ist festgehalten.
picture-embed = Prompt und Einstellungen in die Datei schreiben
picture-embed-note = Die Datei sagt immer, dass eine KI sie erzeugt hat. Sonst sagt sie nichts über dich oder deine Worte, es sei denn, du schreibst sie hinein.
seed-copy = Startzahl kopieren
seed-copied = Startzahl kopiert.
fact-time = Dauer
fact-model = Modell
fact-device = Gerechnet mit
fact-device-gpu = Grafikchip
fact-device-gpu-named = Grafikchip ({ $adapter })
fact-device-cpu = Prozessor

## This session’s pictures

session-pictures = Bilder dieser Sitzung
session = Diese Sitzung
session-note = Bleiben, bis dieser Tab geschlossen wird. Lade herunter, was du behalten möchtest.
session-making = Das Bild in Arbeit
session-picture = Bild { $number }: { $prompt }

## Announcements for screen readers

announce-waiting = Beginnt, sobald das Modell da ist.
announce-started = Wird gezeichnet.
announce-stopping = Hält an.
announce-stopped = Angehalten.
announce-ready = Dein Bild ist fertig.
announce-model-loading = Das Modell wird geholt.
announce-model-preparing = Das Modell wird vorbereitet.
announce-model-ready = Das Modell { $title } ist geladen.

## Failures: what happened

failure = Etwas ist schiefgegangen.
failure-device = Dieses Modell braucht mehr Speicher, als dieser Browser hergibt.
failure-engine = Das Zeichnen ist fehlgeschlagen.
failure-engine-empty = Zu diesen Worten kam nichts heraus, und nichts wurde behalten. Sag es mit anderen Worten.
failure-engine-output = Das Bild kam leer heraus und wurde nicht behalten.
failure-gpu = Der Treiber des Grafikchips hat einen Befehl verweigert.
failure-gpu-insecure = Browser geben den Grafikchip nur für sichere Seiten frei. Öffne diese Seite über https, oder als localhost auf dem Rechner, der sie ausliefert.
failure-gpu-lost = Der Grafikchip wurde neu gestartet.
failure-gpu-memory = Zu groß für den Speicher dieses Geräts.
failure-gpu-unavailable = Dieser Browser bietet keinen brauchbaren Grafikchip.
failure-model = Dieses Modell kann Image 2 noch nicht lesen.
failure-package = Ein Teil des Modells kam beschädigt an.
failure-package-fetch = Das Modell konnte nicht heruntergeladen werden.
failure-package-too-large = Dieses Modell kann Image 2 noch nicht lesen.
failure-package-version = Dieses Modell kann Image 2 noch nicht lesen.
failure-page-not-reloaded = Dieser Browser kann die Bilder beim Neuladen nicht behalten. Lade sie herunter und lade dann die Seite neu.
failure-page-outdated = Eine neue Version ist da. Lade die Seite neu, um sie zu benutzen. Deine Worte und deine Bilder bleiben da.
failure-picture = Das Bild wurde gezeichnet, kam aber beschädigt an.
failure-picture-not-kept = Das Bild wurde gezeichnet, aber der Browser konnte es nicht behalten.
failure-protocol = Diese Seite und ihr zeichnender Teil passen nicht zusammen. Lade die Seite neu. Deine Worte und deine Bilder bleiben da.
failure-request = Mit diesen Einstellungen kann dieses Modell nicht zeichnen.
failure-request-buffer = Ein Bild mit { $width } × { $height } Pixeln braucht mehr Speicher am Stück, als dieses Gerät bietet. Wähle eine kleinere Größe.
failure-request-guidance = Die Worttreue muss zwischen { $low } und { $high } liegen.
failure-request-memory = Ein Bild mit { $width } × { $height } Pixeln braucht mehr Speicher, als dieses Gerät hat. Wähle eine kleinere Größe.
failure-request-patches = Ein Bild mit { $width } × { $height } Pixeln ist zu groß für dieses Gerät. Wähle eine kleinere Größe.
failure-request-shift = Die Verschiebung muss zwischen { $low } und { $high } liegen.
failure-request-size = Dieses Modell kann { $width } × { $height } Pixel nicht zeichnen. Wähle Seiten zwischen { $low } und { $high } in Schritten von { $patch }, mit höchstens { $area_max } Pixeln insgesamt.
failure-request-steps = Die Zahl der Schritte muss zwischen { $low } und { $high } liegen.
failure-request-text = Diesen Prompt kann dieses Modell nicht lesen.
failure-worker-crashed = { $cause ->
    [not_started] Der zeichnende Teil dieser Seite konnte nicht gestartet werden.
    [not_loaded] Der zeichnende Teil dieser Seite konnte nicht geladen werden.
    [not_sent] Der zeichnende Teil dieser Seite ist nicht erreichbar.
   *[other] Der zeichnende Teil dieser Seite ist abgestürzt.
    }
failure-worker-memory = Das braucht mehr Speicher, als dieser Browser hergibt.
failure-worker-missing = { $device ->
    [gpu] Diese Ausgabe von Image 2 kann nicht mit dem Grafikchip zeichnen.
   *[other] Diese Ausgabe von Image 2 kann nicht mit dem Prozessor zeichnen.
    }
failure-worker-no-model = Es ist kein Modell geladen.
failure-worker-outdated = Eine neue Version ist da. Lade die Seite neu, um sie zu benutzen. Deine Worte und deine Bilder bleiben da.
failure-worker-panic = Image 2 wurde beendet. Deine Arbeit ist noch da.
failure-worker-silent = { $phase ->
    [starting] Der zeichnende Teil dieser Seite ist nicht gestartet.
    [loading] Das Laden des Modells stockt.
    [preparing] Die Vorbereitung des Modells stockt.
   *[other] Der zeichnende Teil dieser Seite antwortet nicht mehr.
    }
failure-worker-start = Der zeichnende Teil dieser Seite ist nicht gestartet.

## Notes about a finished picture

note-words-unread =
    Der Prompt ist zu lang für dieses Modell. Diese Worte wurden nicht gelesen:
    „{ $text }“
note-words-unknown =
    Diese Worte kennt dieses Modell nicht:
    { $words }
unknown-note = Zu diesem Bild: { $code }

## Failures: what can be done

trouble-code = Fehler
trouble-kept = Dein Prompt und deine Einstellungen sind noch da und werden wieder verwendet.
trouble-edit = Prompt ändern
trouble-retry = Noch einmal versuchen
trouble-restart = Neu starten
trouble-restart-resend = Neu starten und noch einmal versuchen
trouble-use-cpu = Ohne den Grafikchip weitermachen
trouble-fetch = Reparieren
trouble-reload = Seite neu laden
trouble-dismiss = Ausblenden
