import type { Offer } from "../offers/offer.ts";
import type { Language } from "../language.ts";
import type { Channel, MessageBrief, Tone } from "./message-request.ts";
import { formatMoney } from "./money.ts";

interface Phrases {
  readonly greeting: (name: string | null) => string;
  readonly opening: Readonly<Record<Tone, string>>;
  readonly subject: Readonly<Record<Tone, string>>;
  readonly waiting: (items: string, value: string) => string;
  readonly percent: (percent: number) => string;
  readonly amount: (amount: string) => string;
  readonly shipping: string;
  readonly code: (code: string) => string;
  readonly closing: string;
  readonly and: string;
  readonly more: (count: number) => string;
}

const phrases: Readonly<Record<Language, Phrases>> = {
  en: {
    greeting: (name) => (name === null ? "Hello," : `Hello ${name},`),
    opening: {
      friendly: "You left something behind, and we kept it safe for you.",
      formal: "Your shopping cart is still available.",
      playful: "Your cart is lonely and keeps asking about you.",
      urgent: "Your cart is still there, but we cannot hold it forever.",
    },
    subject: {
      friendly: "We kept your cart for you",
      formal: "Your shopping cart",
      playful: "Your cart misses you",
      urgent: "Your cart is still waiting",
    },
    waiting: (items, value) => `Waiting for you: ${items}, ${value} in all.`,
    percent: (percent) => `Complete your order now and we take ${percent}% off.`,
    amount: (amount) => `Complete your order now and we take ${amount} off.`,
    shipping: "Shipping is on us: free shipping for this order.",
    code: (code) => `Your code: ${code}.`,
    closing: "One click brings you back to where you were.",
    and: "and",
    more: (count) => `${count} more`,
  },
  de: {
    greeting: (name) => (name === null ? "Hallo," : `Hallo ${name},`),
    opening: {
      friendly: "Sie haben etwas liegen lassen, wir haben es für Sie aufgehoben.",
      formal: "Ihr Warenkorb steht weiterhin für Sie bereit.",
      playful: "Ihr Warenkorb fragt schon die ganze Zeit nach Ihnen.",
      urgent: "Ihr Warenkorb ist noch da, aber wir können ihn nicht ewig aufheben.",
    },
    subject: {
      friendly: "Wir haben Ihren Warenkorb aufgehoben",
      formal: "Ihr Warenkorb",
      playful: "Ihr Warenkorb vermisst Sie",
      urgent: "Ihr Warenkorb wartet noch",
    },
    waiting: (items, value) => `Es wartet auf Sie: ${items}, zusammen ${value}.`,
    percent: (percent) => `Bestellen Sie jetzt, und wir ziehen ${percent} % ab.`,
    amount: (amount) => `Bestellen Sie jetzt, und wir ziehen ${amount} ab.`,
    shipping: "Den Versand übernehmen wir: kostenloser Versand für diese Bestellung.",
    code: (code) => `Ihr Code: ${code}.`,
    closing: "Mit einem Klick sind Sie wieder dort, wo Sie waren.",
    and: "und",
    more: (count) => `${count} weitere`,
  },
  fr: {
    greeting: (name) => (name === null ? "Bonjour," : `Bonjour ${name},`),
    opening: {
      friendly: "Vous avez oublié quelque chose, nous l'avons gardé pour vous.",
      formal: "Votre panier est toujours disponible.",
      playful: "Votre panier se sent bien seul sans vous.",
      urgent: "Votre panier est encore là, mais pas pour toujours.",
    },
    subject: {
      friendly: "Nous avons gardé votre panier",
      formal: "Votre panier",
      playful: "Votre panier vous attend",
      urgent: "Votre panier attend encore",
    },
    waiting: (items, value) => `Il vous attend : ${items}, ${value} au total.`,
    percent: (percent) => `Commandez maintenant et nous retirons ${percent} %.`,
    amount: (amount) => `Commandez maintenant et nous retirons ${amount}.`,
    shipping: "La livraison est pour nous : livraison gratuite pour cette commande.",
    code: (code) => `Votre code : ${code}.`,
    closing: "Un clic vous ramène là où vous étiez.",
    and: "et",
    more: (count) => `${count} autres`,
  },
  es: {
    greeting: (name) => (name === null ? "Hola," : `Hola, ${name}:`),
    opening: {
      friendly: "Te dejaste algo y te lo hemos guardado.",
      formal: "Su carrito sigue disponible.",
      playful: "Tu carrito no deja de preguntar por ti.",
      urgent: "Tu carrito sigue aquí, pero no para siempre.",
    },
    subject: {
      friendly: "Te guardamos el carrito",
      formal: "Su carrito",
      playful: "Tu carrito te echa de menos",
      urgent: "Tu carrito sigue esperando",
    },
    waiting: (items, value) => `Te espera: ${items}, ${value} en total.`,
    percent: (percent) => `Completa tu pedido ahora y te quitamos el ${percent} %.`,
    amount: (amount) => `Completa tu pedido ahora y te quitamos ${amount}.`,
    shipping: "El envío corre de nuestra cuenta: envío gratis en este pedido.",
    code: (code) => `Tu código: ${code}.`,
    closing: "Un clic te lleva a donde estabas.",
    and: "y",
    more: (count) => `${count} más`,
  },
  nl: {
    greeting: (name) => (name === null ? "Hallo," : `Hallo ${name},`),
    opening: {
      friendly: "Je liet iets achter, we hebben het voor je bewaard.",
      formal: "Uw winkelwagen is nog steeds beschikbaar.",
      playful: "Je winkelwagen vraagt de hele tijd naar je.",
      urgent: "Je winkelwagen is er nog, maar niet voor altijd.",
    },
    subject: {
      friendly: "We bewaarden je winkelwagen",
      formal: "Uw winkelwagen",
      playful: "Je winkelwagen mist je",
      urgent: "Je winkelwagen wacht nog",
    },
    waiting: (items, value) => `Dit wacht op je: ${items}, samen ${value}.`,
    percent: (percent) => `Rond je bestelling nu af en we halen er ${percent}% af.`,
    amount: (amount) => `Rond je bestelling nu af en we halen er ${amount} af.`,
    shipping: "Wij betalen de verzending: gratis verzending voor deze bestelling.",
    code: (code) => `Je code: ${code}.`,
    closing: "Met één klik ben je terug waar je was.",
    and: "en",
    more: (count) => `${count} andere`,
  },
};

/** Channels where length matters get shorter texts. */
const shortChannels: ReadonlySet<Channel> = new Set(["sms", "push"]);

export interface ComposedText {
  readonly subject: string;
  /** One sentence each, with its white space. */
  readonly sentences: readonly string[];
}

/** A message from fixed phrases, without a model. */
export function composeFromTemplate(brief: MessageBrief, offer: Offer): ComposedText {
  const { cart, channel, language, tone, shopperName } = brief;
  const words = phrases[language];
  const value = formatMoney(cart.valueMinor, cart.currency, language);
  const isShort = shortChannels.has(channel);
  const sentences = [
    ...(isShort ? [] : [words.greeting(shopperName)]),
    words.opening[tone],
    words.waiting(listItems(brief, words, isShort ? 1 : 3), value),
    ...offerSentences(brief, offer, { discount: false, shipping: false, code: false }),
    ...(isShort ? [] : [words.closing]),
  ];
  return {
    subject: words.subject[tone],
    sentences: sentences.map((sentence, index) => separator(index, isShort) + sentence),
  };
}

/** The sentences that state the offer, except for what is stated already. */
export function offerSentences(
  { cart, language }: MessageBrief,
  offer: Offer,
  stated: { readonly discount: boolean; readonly shipping: boolean; readonly code: boolean },
): readonly string[] {
  const words = phrases[language];
  const amount = formatMoney(offer.amountOffMinor, cart.currency, language);
  return [
    ...(offer.percentOff > 0 && !stated.discount ? [words.percent(offer.percentOff)] : []),
    ...(offer.amountOffMinor > 0 && !stated.discount ? [words.amount(amount)] : []),
    ...(offer.freeShipping && !stated.shipping ? [words.shipping] : []),
    ...(offer.code === null || stated.code ? [] : [words.code(offer.code)]),
  ];
}

/** A greeting is on its own line. */
function separator(index: number, isShort: boolean): string {
  if (index === 0) return "";
  return index === 1 && !isShort ? "\n\n" : " ";
}

function listItems({ cart }: MessageBrief, words: Phrases, most: number): string {
  const named = cart.items
    .slice(0, most)
    .map((item) => (item.quantity > 1 ? `${item.quantity} × ${item.name}` : item.name));
  const rest = cart.items.length - named.length;
  const all = rest > 0 ? [...named, words.more(rest)] : named;
  return all.length === 1 ? (all[0] ?? "") : `${all.slice(0, -1).join(", ")} ${words.and} ${all.at(-1)}`;
}
