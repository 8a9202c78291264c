# English: the reference for every other language, and part of the page itself.
#
# Direct and short: what happened, then what to do. No jargon, no blame, no apology.
# Our words: picture, thing, look, take, words (the prompt), graphics chip (the GPU), processor.

## The frame around the screens

app-title = Image 2
app-title-progress = { $percent } % · Image 2
app-title-busy = Working · Image 2
skip-link = Skip to the content
preferences = Preferences
close = Close
not-found-title = Page not found
not-found = There is nothing at this address.
not-found-back = Back to Image 2

## Preferences

appearance = Appearance
appearance-auto = Auto
appearance-light = Light
appearance-dark = Dark
language = Language
language-auto = Auto
language-unavailable = This language could not be loaded. Check the connection and choose it again.
compute-on = Compute on
compute-on-auto = Auto
compute-on-gpu = Graphics chip
compute-on-cpu = Processor
preferences-privacy = Prompts, settings and pictures stay on this device. Nothing is sent anywhere, there is no account, and there is no limit.

## Where it computes

device-gpu = Computing on your GPU
device-gpu-named = Computing on your GPU ({ $adapter })
device-cpu = Computing on the processor
device-cpu-because = Computing on the processor: { $reason }
device-starting-gpu = Starting on your GPU…
device-starting-cpu = Starting on the processor…
device-searching = Looking for a GPU…
device-hint-gpu = Your graphics chip draws the pictures.
reason-chosen = your choice
reason-insecure = this page is not secure
reason-no-webgpu = this browser offers no WebGPU
reason-no-adapter = this browser finds no usable GPU
reason-software = this browser offers no real GPU
reason-chosen-help = You chose the processor in the preferences.
reason-insecure-help = Browsers allow the graphics chip on secure pages only. Open this page by https, or as localhost on the machine that serves it.
reason-no-webgpu-help = Drawing without the graphics chip. It is slower. This browser offers no WebGPU; a current Chrome, Edge, Firefox or Safari does.
reason-no-adapter-help = Drawing without the graphics chip. It is slower. Update the graphics driver, and check that hardware acceleration is on in the browser’s settings.
reason-software-help = Drawing without the graphics chip. It is slower. This browser only emulates one. Check that hardware acceleration is on in the browser’s settings.

## The prompt and the buttons

prompt = Prompt
prompt-placeholder = Describe a picture
prompt-hint = Stays on this device. Enter makes the picture, Shift + Enter starts a new line.
prompt-missing = Write what you want to see.
make = Make
make-waiting = Starts when loaded
making = Making…
cancel = Cancel
stop = Stop
stopping = Stopping…
stop-now = Stop at once

## The model

model-loading = Getting the model
model-loading-bytes = Getting the model: { $received } of { $total }. You can write already.
model-uploading = Moving the model to the device…
model-preparing = Preparing the model
model-preparing-percent = Getting ready for this device: { $percent } %.
model-starting = Starting…
model-state-loading = Getting the model…
model-state-preparing = Preparing the model…
model-state-ready = { $title }, { $size }, { $licence }
model-state-down = Not running
model-about = About this model
model-privacy = Free and without limit. Prompts and pictures never leave this device.

## The settings

settings = Settings
settings-recommended = Recommended
steps = Steps
steps-note = More steps take longer and add detail.
steps-count = { $count ->
    [one] { $count } step
   *[other] { $count } steps
    }
guidance = Guidance
guidance-note = How closely the picture follows the words. At 1 it is off, and twice as fast.
guidance-off = Off
size = Size
size-square = Square
size-side = Longer side in pixels
size-pixels = { $width } × { $height } pixels.
size-cost = { $width } × { $height }: { $time }, { $memory } of memory.
size-cost-time = { $width } × { $height }: { $time }.
size-cost-memory = { $width } × { $height }: { $memory } of memory.
width-px = Width, px
height-px = Height, px
ground = Ground
ground-none = None
ground-own = A colour of your own
colour-white = White
colour-light-gray = Light gray
colour-black = Black
colour-red = Red
colour-orange = Orange
colour-yellow = Yellow
colour-green = Green
colour-teal = Teal
colour-sky-blue = Sky blue
colour-navy = Navy
colour-purple = Purple
colour-pink = Pink
seed = Seed
seed-placeholder = Rolled for each picture
seed-roll = Roll a new seed
seed-lock = Lock the seed
seed-locked = Locked: kept for the next picture
seed-unlocked = Unlocked: rolled for each picture
seed-note-locked = Locked: the same settings give the same picture.
seed-note-unlocked = Rolled anew for each picture. Lock it to keep one.
seed-missing = Type a number, or unlock the seed to have one rolled.
seed-not-digits = A seed has digits only.
seed-too-large = This number is too large. The largest seed is { $limit }.

## The stage

stage = Picture
stage-preview = The picture so far
stage-picture = Generated picture: { $prompt }
empty-title = What shall it be?
empty-text = Describe a picture, and it is made here, on your own device. Nobody else sees the words or the picture.
examples = Examples

## Progress

progress = Progress of the picture
progress-drawing = Drawing…
progress-drawing-left = Drawing. { $left }
progress-enlarging = Enlarging: { $percent } %.
progress-enlarging-left = Enlarging: { $percent } %. { $left }
progress-finishing = Finishing…
left-second = About a second left.
left-seconds = { $count ->
    [one] About { $count } second left.
   *[other] About { $count } seconds left.
    }
left-minute = About a minute left.
left-minutes = { $count ->
    [one] About { $count } minute left.
   *[other] About { $count } minutes left.
    }
left-hours = { $count ->
    [one] About { $count } hour left.
   *[other] About { $count } hours left.
    }

## Amounts

bytes = { $count ->
    [one] { $count } byte
   *[other] { $count } bytes
    }
number = { $count }
text = { $text }
quoted = “{ $text }”
list-pair = { $first }, { $second }
sentences = { $first } { $second }
bytes-kilo = { $count } kB
bytes-mega = { $count } MB
bytes-giga = { $count } GB
about-second = about a second
about-seconds = { $count ->
    [one] about { $count } second
   *[other] about { $count } seconds
    }
about-minute = about a minute
about-minutes = { $count ->
    [one] about { $count } minute
   *[other] about { $count } minutes
    }
about-hours = { $count ->
    [one] about { $count } hour
   *[other] about { $count } hours
    }
duration-unknown = –
duration-ms = { $count } ms
duration-seconds = { $count } s
duration-minutes = { $minutes } min { $seconds } s

## The picture’s record

picture-about = About this picture
picture-download = Download
picture-making = Making the file…
picture-downloaded = Downloaded.
picture-unmade = The file could not be made.
picture-copy = Copy picture
picture-copied = Copied to the clipboard.
copy-refused = Copying was not allowed.
picture-reuse = Use these settings again
picture-reused = These settings are set again, with the seed locked.
picture-embed = Include prompt and settings in the file
picture-embed-note = The file always says that it was generated by AI. It says nothing else about you or your words, unless you include it.
seed-copy = Copy the seed
seed-copied = Seed copied.
fact-time = Time
fact-model = Model
fact-device = Computed on
fact-device-gpu = GPU
fact-device-gpu-named = GPU ({ $adapter })
fact-device-cpu = Processor

## This session’s pictures

session-pictures = Pictures of this session
session = This session
session-note = Kept until this tab is closed. Download what you want to keep.
session-making = The picture in the making
session-picture = Picture { $number }: { $prompt }

## Announcements for screen readers

announce-waiting = Starts as soon as the model is here.
announce-started = Drawing.
announce-stopping = Stopping.
announce-stopped = Stopped.
announce-ready = Your picture is ready.
announce-model-loading = Getting the model.
announce-model-preparing = Preparing the model.
announce-model-ready = The model { $title } is loaded.

## Failures: what happened

# Found by code: `failure-gpu-lost` for `gpu.lost`, or else `failure-gpu`, or else `failure`.

failure = Something went wrong.
failure-device = This model needs more memory than this browser gives.
failure-engine = Drawing failed.
failure-engine-empty = Nothing came out for these words, and nothing was kept. Say it in other words.
failure-engine-output = This came out empty and was not kept.
failure-gpu = The driver of the graphics chip refused a command.
failure-gpu-insecure = Browsers allow the graphics chip on secure pages only. Open this page by https, or as localhost on the machine that serves it.
failure-gpu-lost = The graphics chip restarted.
failure-gpu-memory = Too large for this device’s memory.
failure-gpu-unavailable = This browser offers no usable graphics chip.
failure-model = Image 2 cannot read this model yet.
failure-package = Part of the model arrived damaged.
failure-package-fetch = The model could not be downloaded.
failure-package-too-large = Image 2 cannot read this model yet.
failure-package-version = Image 2 cannot read this model yet.
failure-page-not-reloaded = This browser cannot keep the pictures while the page is loaded again. Download them, then reload the page.
failure-page-outdated = A new version is ready. Reload the page to use it. Your words and your pictures stay.
failure-picture = The picture was drawn but arrived damaged.
failure-picture-not-kept = The picture was drawn but the browser could not keep it.
failure-protocol = This page and its part that draws do not fit together. Reload the page. Your words and your pictures stay.
failure-request = This model cannot draw with these settings.
failure-request-buffer = A picture of { $width } × { $height } pixels needs more memory at once than this device offers. Choose a smaller size.
failure-request-guidance = Guidance must be between { $low } and { $high }.
failure-request-memory = A picture of { $width } × { $height } pixels needs more memory than this device has. Choose a smaller size.
failure-request-patches = A picture of { $width } × { $height } pixels is too large for this device. Choose a smaller size.
failure-request-shift = The shift must be between { $low } and { $high }.
failure-request-size = This model cannot draw { $width } × { $height } pixels. Choose sides between { $low } and { $high }, in steps of { $patch }, with at most { $area_max } pixels in all.
failure-request-steps = The number of steps must be between { $low } and { $high }.
failure-request-text = This model cannot read this prompt.
failure-worker-crashed = { $cause ->
    [not_started] The part of this page that draws could not be started.
    [not_loaded] The part of this page that draws could not be loaded.
    [not_sent] The part of this page that draws could not be reached.
   *[other] The part of this page that draws has crashed.
    }
failure-worker-memory = This needs more memory than this browser gives.
failure-worker-missing = { $device ->
    [gpu] This copy of Image 2 cannot draw on the graphics chip.
   *[other] This copy of Image 2 cannot draw on the processor.
    }
failure-worker-no-model = No model is loaded.
failure-worker-outdated = A new version is ready. Reload the page to use it. Your words and your pictures stay.
failure-worker-panic = Image 2 stopped. Your work is here.
failure-worker-silent = { $phase ->
    [starting] The part of this page that draws did not start.
    [loading] Loading the model has stalled.
    [preparing] Preparing the model has stalled.
   *[other] The part of this page that draws stopped responding.
    }
failure-worker-start = The part of this page that draws did not start.

## Notes about a finished picture, found by code like failures

note-words-unread =
    The prompt is too long for this model. These words were not read:
    “{ $text }”
note-words-unknown =
    This model does not know these words:
    { $words }
unknown-note = About this picture: { $code }

## Failures: what can be done

trouble-code = Error
trouble-kept = Your prompt and settings are kept, and will be sent again.
trouble-edit = Change the prompt
trouble-retry = Try again
trouble-restart = Restart
trouble-restart-resend = Restart and try again
trouble-use-cpu = Go on without the graphics chip
trouble-fetch = Repair
trouble-reload = Reload the page
trouble-dismiss = Dismiss
