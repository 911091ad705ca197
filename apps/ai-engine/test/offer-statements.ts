import type { Language } from "../src/language.ts";

/** Statements of the offer (10 % with the code BACK10): shown unchanged if it is offered, and not shown otherwise. */
export const statements: Readonly<Record<Language, readonly string[]>> = {
  en: [
    "Take 10% off with the code BACK10.",
    "Get ten percent off.",
    "Complete your order now and we take 10% off.",
    "Use code BACK10 at checkout and enjoy 10% off your order today.",
    "Your code: BACK10.",
    "Here's 10 % off your cart!",
    "Save 10% with code BACK10.",
  ],
  de: [
    "Nimm 10 % Rabatt.",
    "Bestellen Sie jetzt, und wir ziehen 10 % ab.",
    "Sie erhalten zehn Prozent Rabatt auf Ihre Bestellung.",
    "Ihr Code: BACK10.",
    "Mit dem Code BACK10 sparen Sie 10 %.",
    "Geben Sie an der Kasse den Code BACK10 ein und sparen Sie 10 %.",
  ],
  fr: [
    "Commandez maintenant et nous retirons 10 %.",
    "Profitez de 10 % de remise avec le code BACK10.",
    "Dix pour cent de réduction sur votre commande.",
    "Votre code : BACK10.",
    "Utilisez le code BACK10 en caisse.",
  ],
  es: [
    "Completa tu pedido ahora y te quitamos el 10 %.",
    "Disfruta de un 10 % de descuento con el código BACK10.",
    "Diez por ciento de descuento en tu pedido.",
    "Tu código: BACK10.",
    "Usa el código BACK10 al pagar.",
  ],
  nl: [
    "Rond je bestelling nu af en we halen er 10% af.",
    "Krijg 10% korting met de code BACK10.",
    "Tien procent korting op je bestelling.",
    "Je code: BACK10.",
    "Gebruik de code BACK10 bij het afrekenen.",
  ],
};
