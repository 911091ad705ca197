import type { LanguageWords } from "./language-words.ts";

export const dutch: LanguageWords = {
  percent: "procent*, pct, ten honderd",
  discount: "korting, aftrek, bespaar, bespaart, af, er af, eraf",
  code: "code, kortingscode, kortingsbon, couponcode, actiecode, waardebon, tegoedbon",
  redeeming: "bij de kassa, aan de kassa, bij het afrekenen, vul, vul in",
  promises: `
    *korting*, *afgeprijs*, afprijz*, *prijsverlag*, verlaag*, verlag*, reductie*, gereduceerd*, aftrek*, *gratis*, kosteloos*, kosteloze, kostenloos*, koste loos, vrij van, *verzendkosten*, portvrij*, franco, cadeau*, kado, *kadootje*, *cadeautje*, geschenk*, geschonken, schenk*, weggeef*, weggev*, weg te geven, toegift*, bonus*, premie*,
    *beloning*, *prijzen*, *winnaar*, win, winnen, wint, gewonnen, loterij*, verloting*, *cashback*, geld, geldbedrag*, zakgeld, terugbetal*, terugbetaling*, restitutie*, vergoed*, halve, half, helft, halveer*, halvering*, een derde, twee derde, een kwart, kwart, driekwart, een vijfde, een tiende, twee voor een, twee voor de, drie voor twee, twee halen, drie halen, halen een betalen,
    een kopen, koop een, koop er een, koop twee, een plus een, tweede is, tweede halve, voor de prijs van, voor niets, voor niks, voor noppes, kost niets, kost niks, kosten niets, niets te betalen, niets betalen, betaal niets, betaalt niets, betaal niks, zonder te betalen, zonder kosten, zonder verzend*, geen kosten, geen verzend*, nul verzend*, inclusief verzend*,
    op onze kosten, onze rekening, van het huis, van de zaak, op ons, wij betalen, we betalen, wij trakteren, we trakteren, trakt*, onze traktatie, nemen wij voor, nemen we voor, voor onze rekening, wij dekken, kwijtscheld*, kwijtgescholden, vervallen, een bon, de bon, je bon, uw bon, kortingsbon*, cadeaubon*, kadobon*, waardebon*, tegoedbon*, boekenbon*, *coupon*, voucher*, tegoed*, *promo*, promotie*, *code, *codes, codewoord*, toverwoord*,
    wachtwoord*, geheim woord, verzilver*, inwissel*, koopje*, uitverkoop*, opruiming*, *sale, *garant*, beste prijs, laagste prijs, *goedkop*, goedkoop*, voordel*, *besparing*, bespaar*, besparen, sparen, gespaard, eraf, er af, haal* af, halen er, trekken * af, haal er, negeer*, instructie*, stapelkorting`,
  topics: `
    *prijs, *prijzen, *prijsje*, kost, kosten, kostte, *kosten, *tarief*, betaal*, betalen, betaling*, betaald*, rekening*, factuur*, *aanbieding*, *aanbod*, actie, acties, deal, deals, *voordeel*, extra, extraatje*, bovendien, daarbovenop, bovenop, verrassing*, verras*, proef*, monster*, proberen, kadobon,
    *verzend*, verzonden, verstuur*, versturen, *bezorg*, lever, levering*, leveren, leveren wij, geleverd*, thuislever*, pakket*, koerier*, porto, postbode*, vracht*, zending*, toezend*, retourn*, retourzend*, retour sturen, terugsturen, ruilen, omruil*, belasting*, btw, douane*,
    euro, euros, euro s, eurootje*, cent, centen, eur, dollar*, tientje*, vijfje*, briefje*, knaken, piek, pegels, poen, nul, niets, niks, minder, min, lager*, zakt, daalt, krediet*, punten*, spaarpunt*, loyaliteit*, lid, leden, lidmaatschap*, vip, abonn*, termijn*, financier*, rente, dubbel*, driedubbel*, verdubbel*, tweemaal, twee keer, portemonnee*, beurs, budget*, spaarvarken*, spaarpot*,
    ter waarde van, exclusie*, verwen*, voer in, vul in, invul*, invoer*, noem*, vermeld*, zeg, zegt, toon, tonen, typ, typ*, bij de kassa, aan de kassa, kassa, bij het afrekenen, afrekenen met, attentie*, bedankje*,
    prikkie, habbekrats, spotgoedkoop, moet weg, nop, noppes, tweede, derde, een appel, appel en een ei, black friday, kleinigheid*, extraatje, inbegrepen, inclusief, incl, meegeleverd, er gratis, toeslag*, meerprijs*, onderhandel*, stunt*, dumpprijs*, knaller*, meevaller*, gul, douceurtje, presentje*, kortings*, sigaar, spaaractie, uitdeel*, weggegeven, op de pof, op de koop toe,
    gebaar*, gefeliciteerd, gelukkige, geluksvogel, gul, gulle, royaal, royale, getrokken, vervangen, vervang*, gedekt, dekken, onweerstaanbaar*, afronden naar, rond af, *deal, *deals, onverslaanbaar*, superdeal*,
    van ons,  eentje extra, een mok extra, fiftyfifty, fifty fifty, halve halve, een rondje, krimp*, slinkt, slinken, kleiner, eerlijk bedrag, verjaardag*, jubileum*, mysterieus*, aangevuld, opgewaardeerd, saldo, voorverkoop*, delen we, wij delen,
    duur, duurder, nog eentje, nog een mok, nog een erbij`,
  giving: `
    je krijgt, krijg je, krijgt u, u krijgt, krijg, krijgen, je ontvangt, ontvang, ontvangt, is van jou, zijn van jou, is voor jou, houd het, hou het, wij geven, we geven, geven je, we doen er, wij doen er, doen er, wij leggen, we leggen, voegen toe, toegevoegd, verdien je, je verdient er, scoor*, pak je, claim*, erbij, iets bij, nodigen je uit`,
  plainest:
    "korting, kortingscode, gratis, verzending, bezorging, cadeau, procent, verzendkosten, tegoed, kortingen",
  harmless: `kwaliteitsgarantie, gegarandeerde kwaliteit, garantie op kwaliteit, zeg nou zelf, in actie, actie nodig`,
  materials: `katoen, wol, linnen, zijde, leer, leder, bio, biologisch, gerecycled, recyclebaar, vegan, veganistisch, natuurlijk, puur, pure, merino, kasjmier, bamboe, hennep, polyester, waterdicht, handgemaakt, arabica, zeker, staal, hout, eiken, fruit, sap, elektrisch, composteerbaar`,
  freeShipping: `gratis verzending, gratis bezorging, gratis levering, de verzending is gratis, verzending is gratis, wij betalen de verzending, verzending is op onze kosten, geen verzendkosten`,
  amplifiers: `opnieuw, weer, nog een, nogmaals, nog eens, ook, elke, elk, ieder*, alle, alles, altijd, eeuwig*, levenslang*, onbeperkt*, volgende*, toekomst*, later, tweemaal, twee keer, dubbel*, driedubbel*, combin*, stapel*, vriend*, familie*, wekelijks*, maandelijks*, dagelijks*, week, weken, maand*, jaar, jaren,
    permanent*, extra, meer, plus, per artikel, per stuk, per bestelling, daarbovenop, andere`,
  offerWords: `
    rond, bestel, bestelt, bestelling, je, jij, jouw, u, uw, nu, vandaag, en, we, wij, ik, ons, onze, er, het, de, een, dit, deze, die, dat, van, voor, met, op, aan, in, bij, is, krijg, krijgt, krijgen, ontvang, ontvangt, geniet, geniete, gebruik, gebruikt, gebruiken, neem, pak, profiteer, geven, geef, halen, halen er, haal, af, winkelwagen,
    mandje, winkelmandje, aankoop, afrond, afronden, maak, compleet, voltooi, voltooien, kom, terug, hallo, hoi, beste, lieve, als, dan, hier, ontdek, eenvoudig, gewoon, zo, geldig, te, om, kassa, bij de kassa, bij het afrekenen, afrekenen, vul, in te vullen, wacht, klaar, nog`,
  totalWords: `
    artikel, artikelen, bedraagt, bedrag, bestelling, dit, een, elkaar, bij, en, er, hallo, het, hoi, in, is, je, jou, jouw, mandje, met, nog, op, samen, staat, steeds, totaal, totaalbedrag, u, uw, van, voor, waarde, wacht, wachten, winkelmandje, winkelwagen, zijn, de`,
  totals: "samen, totaal, totaalbedrag, bedraagt, bij elkaar",
  notBeforeFigure: "voor, op, tot, aan, met, van, tegen, slechts, in",
  counted:
    "artikelen, artikel, producten, product, stuks, dingen, andere, minuten, minuut, uur, uren, dagen, dag, seconden, klik, klikken",
};
