// The types that the modules in static/chats share, for `make lint`. Browsers do not load this file.

// An event of the stream (live/events.py), or a message between the tabs of a browser.
type TabEvent =
    | LiveEvent
    | { kind: "asking" }
    | { kind: "open" }
    | { kind: "closed" }
    | { kind: "logged out" }
    | { kind: "left unread"; message: number }
    | { kind: "sent"; draft: string; text: string };

type LiveEvent = {
    kind: "new" | "edited" | "read" | "unread" | "deleted" | "counted" | "member" | "sync";
    conversation?: number;
    thread?: number;
    message?: number;
    ids?: number[]; // For "read".
    at?: string; // For "read": the time, in ISO 8601.
};

// The responses of chats/views/state.py and chats/views/seen.py.
type Badges = { unread: number; notifications: number };
type State = Badges & { member: number; generation: string | null };
type CounterpartState = { member: number } & (
    | { conversation: null }
    | { conversation: number; name: string; is_active: boolean; address: string; made: string }
);

// The counterpart as this page shows it.
type Counterpart = { conversation: string; name: string; isActive: boolean };
// `subject`: the element that names the conversation. `isGone`: whether the counterpart was erased.
type About = { subject: HTMLElement | null; known: Counterpart | null; isGone: boolean };

// Unsent text in localStorage.
type Draft = { text: string; at: number; to?: string; id?: string; version?: string; made?: string };

// A message that the server has not accepted yet, in localStorage (queue.js). `why`: the reason of a refusal. `tab`: of
// the browser tab that sent the text.
type Unsent = Draft & {
    id: string;
    draft: string;
    action: string;
    fields: Record<string, string>;
    conversation: string;
    thread?: string;
    parent?: string;
    why?: string;
    tab: string;
};

// The fields of `form.compose`.
interface HTMLFormControlsCollection {
    client_id: HTMLInputElement;
    to?: HTMLInputElement;
    version?: HTMLInputElement;
    made?: HTMLInputElement;
}

interface Document {
    prerendering?: boolean;
}

interface Window {
    htmx?: { process(element: Element): void };
    // The catalog of texts, unless the page is in English: config/script_texts.py.
    django?: { gettext(text: string): string; ngettext(one: string, many: string, count: number): string };
}
