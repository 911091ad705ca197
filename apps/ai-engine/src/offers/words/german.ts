import type { LanguageWords } from "./language-words.ts";

export const german: LanguageWords = {
  percent: "*prozent*, vom hundert, v h, vh",
  discount:
    "rabatt, nachlass, ermassigung, ermaessigung, preisnachlass, sparen, spart, ab, ziehen, ziehen wir",
  code: "code, rabattcode, gutscheincode, gutschein, aktionscode",
  redeeming: "an der kasse, bei der kasse, zur kasse, eingeben, geben sie, gib",
  promises: `
    *rabatt*, *nachlass*, *ermassig*, *ermaessig*, *verbillig*, *vergunstig*, *verguenstig*, *reduzier*, *reduktion*, *preissenkung*, *preissturz*, *gutschein*, gutschrift*, gutgeschrieben,
    *gratis*, kostenlos*, kostenfrei*, *umsonst*, unentgeltlich*, gebuhrenfrei*, gebuehrenfrei*, *versandfrei*, portofrei*, frachtfrei*, lieferfrei*, versandkostenfrei*, frei haus, freihaus,
    spesenfrei*, franko, geschenk*, *schenken, *schenkt, verschenk*, beschenk*, gratisgeschenk*, *prasent, *praesent, dreingabe*, zugabe*, beigabe*, werbegeschenk*, *bonus*, *boni, *pramie*, *praemie*, *gewinn*,
    verlos*, *cashback*, geld, *geld zuruck*, geld zurueck, *erstatt*, zuruckerstatt*, ruckzahl*, rueckzahl*, halbe, halber, halben, halbes, halbem, halb, halbiert*, halbier*, halfte, haelfte, drittel*, viertel*, funftel, fuenftel, zehntel,
    zum preis von, zwei fur eins, zwei fuer eins, drei fur zwei, drei fuer zwei, eins kaufen, einen kaufen, kauf eins, kaufe eins, kaufen sie eins, kaufen sie zwei, nimm zwei, nimm drei, nur einen zahlen,
    geht auf uns, gehen auf uns, auf uns, auf unsere kosten, auf unsere rechnung, auf kosten des hauses, aufs haus, auf s haus, auf das haus, ubernehmen wir, uebernehmen wir, wir ubernehmen, wir uebernehmen,
    ubernimmt, spendier*, erlass*, entfall*, entfallt, keine versandkosten, kein versand*, ohne versand*, ohne porto, ohne kosten, ohne gebuhr*, ohne aufpreis, ohne berechnung, ohne zu zahlen, ohne zu bezahlen, nichts kostet,
    kostet nichts, kosten nichts, nichts zahlen, nichts bezahlen, zahlen nichts, zahlst nichts, fur lau, zum nulltarif, nulltarif*, nur die halb*, *coupon*, *voucher*, *promo*, promotion*, *code, *codes, codewort*, kennwort*, losungswort*, zauberwort*, stichwort*,
    passwort*, einlos*, einloes*, schnappchen*, schnaeppchen*, sonderpreis*, sonderangebot*, ausverkauf*, schlussverkauf*, *sale, *garantie*, *garantier*, gunstig*, guenstig*, billig*, bestpreis*, tiefpreis*, tiefstpreis*,
    spar, spare, sparen, sparst, spart, gespart, *ersparnis*, sparpreis*, sparvorteil*, abzug*, abgezogen, abziehen, zieh* ab, ziehen, ziehe, zieht, runter, herunter, ignorier*, anweisung*, nimm mit, prozente, treuepunkt*`,
  topics: `
    *preis*, *kosten, *kostet, kostest, kostete, *gebuhr*, *gebuehr*, zahl*, bezahl*, zahlung*, rechnung*, *angebot*, *aktion, *aktionen, deal*, *vorteil*, extra, extras, zusatzlich*, zusaetzlich*, obendrauf, draufgabe*, dazu, *probe*, teste*, muster,
    *versand*, *versende*, verschick*, liefer*, *lieferung*, *zustell*, porto, fracht*, spedition*, paket*, kurier*, bote*, post, rucksend*, ruecksend*, *ruckgabe*, rueckgabe*, umtausch*, retoure, retouren, retournier*, ruckversand*, steuer*, mwst, mehrwertsteuer*, zoll,
    euro, euros, cent, cents, eur, dollar, franken, pfund, kroten, mause, penunze, kohle, knete, scheine, scheinchen, zehner, zwanziger, funfziger, hunderter, null, nichts, weniger, minus, gunstiger, senk*, gesenkt*, mindern, gemindert,
    budget*, guthaben*, kredit*, raten*, ratenzahlung*, finanzier*, zins*, mitglied*, vip, punkte*, treue*, belohn*, dankeschon*, dankeschoen*, uberrasch*, ueberrasch*, aufmerksamkeit*, gratulation*, doppelt*, dreifach*, verdoppel*, zweimal,
    portemonnaie*, geldborse*, geldbeutel*, brieftasche*, sparschwein*, wert von, exklusiv*, verwohn*, gonn*, eingeben, gib ein, geben sie ein, nenn*, erwahn*, an der kasse, bei der kasse, zur kasse mit, kasse, tippe*, tippen, sag, sage, sagen, sagst, sagt, zeig*, vorzeigen, kassier*,
    *verkauf, muss raus, fur umme, umme, etwas zuruck, etwas zurueck, zweite, zweiter, zweites, zweiten, dritte, dritter, drittes, dritten, apfel und ein ei, taschengeld, schenkung, luxus, spottbillig, schnapper*, deal des, knaller*, hammer*, inklusive, inkl, mitgeliefert, beigelegt, liegt bei, liegt ein, beilage*, mitbringsel, kleinigkeit*, goodie*, sahnehaubchen, tarif*, einkaufspreis*, vorzugs*, mitarbeiter*, nachgelass*, entgegenkomm*, ubernahme, black friday, cyber monday, aufpreis, aufschlag, selbstkosten*, verhandel*,
    spar*, runden ab, abgerundet, abrunden, glatt machen, gratulier*, gluckwunsch*, gluckspilz*, grosszugig*, geste, gesten, mitgeben, verlosen, ausgelost, ersetzen wir, ersetzt, abgedeckt, ubernommen, unschlagbar*, unwiderstehlich*, spottpreis*, topangebot*, superdeal*,
    entgegen, runtergesetzt, herabgesetzt, heruntergesetzt, schrumpf*, kleiner, kleinere,  ein weiterer, eine weitere, einen weiteren, mehr dazu, fiftyfifty, fifty fifty, halbe halbe, geben einen aus, einen ausgeben, ausgegeben, privatverkauf, vorverkauf, fruhbucher*, geburtstag*, jubilaum*, fair, faire, aufgestockt, kontostand, geheimnisvoll*, mysterios*, wir tragen, tragen wir,
    teuer, teurer, teure, noch einer, noch einen dazu, noch eine dazu`,
  giving: `
    sie bekommen, bekommen sie, du bekommst, bekommst du, gibt es, gibt s, sie erhalten, erhalten sie, du erhaltst, erhaltst du, erhaltlich, gehort ihnen, gehort dir, gehoren ihnen, gehoren dir, behalten sie, behalte, wir geben, geben wir, wir legen, legen wir, legen noch, packen noch, wir packen, sichern sie, sichere dir, sichern, verdienen sie, verdienst du, einheims*, freischalt*, laden sie ein, laden dich ein, wir laden, lade dich, holen sie sich, hol dir`,
  plainest:
    "rabatt, rabatte, gutschein, gratis, kostenlos, kostenlose, kostenloser, versand, versandkosten, prozent, nachlass, geschenk, lieferung, rabattcode",
  harmless: `qualitatsgarantie, garantierte qualitat, garantie fur qualitat, zeigen ihnen, zeigt sich, schone post, sag hallo`,
  materials: `baumwolle, wolle, leinen, seide, leder, bio, recycelt, recyceltes, recycelbar, vegan, naturlich, rein, reine, merino, schurwolle, kaschmir, bambus, hanf, polyester, wasserdicht,
    handgemacht, arabica, sicher, edelstahl, holz, eiche, frucht, saft, elektrisch, kompostierbar, biologisch, biobaumwolle, bio baumwolle`,
  freeShipping: `kostenloser versand, kostenlosen versand, kostenlose lieferung, gratis versand, gratisversand, versandkostenfrei, der versand ist kostenlos, versand ist kostenlos, den versand ubernehmen wir,
    den versand uebernehmen wir, die lieferung ist kostenlos, wir ubernehmen den versand, wir uebernehmen den versand, wir ubernehmen die versandkosten, keine versandkosten`,
  amplifiers: `wieder, erneut, noch einmal, nochmal*, weitere*, weiter, zusatzlich*, auch, ausserdem, jede*, jeder, jedes, jedem, jeden, alle, alles, allen, immer, ewig*, lebenslang*, dauerhaft*, unbegrenzt*, unbeschrankt*, nachste*,
    naechste*, kunftig*, kuenftig*, zukunft*, spater, zweimal, doppelt*, dreifach*, kombinier*, freund*, famili*, wochentlich*, monatlich*, taglich*, woche*, monat*, jahr*, je artikel, pro artikel, pro stuck, pro bestellung, extra, mehr, plus, obendrauf`,
  offerWords: `
    bestellen, bestelle, bestell, bestellung, sie, du, jetzt, heute, und, wir, ich, ihr, ihre, ihren, ihrem, ihrer, dein, deine, deinen, deinem, deiner, fur, fuer, mit, dem, den, der, die, das, des, ein, eine, einen, einem, auf, warenkorb, einkauf,
    erhalten, erhaltst, erhaltet, bekommen, bekommst, gibt, geben, gebe, es, ihnen, dir, uns, nutzen, nutze, verwenden, verwende, geniessen, geniesse, nehmen, nimm, profitieren, profitiere, von, schliessen, schliesse, abschliessen, ab, zuruck, zurueck, kommen,
    komm, beim, bei, im, in, an, ist, lautet, gilt, diese, dieser, diesen, dieses, einfach, gleich, so, bitte, zum, zur, am, kasse, an der kasse, hallo, liebe, lieber, wartet, bereit, noch, wenn, vollenden, vervollstandigen, kauf, ziehen, ziehe, zieht, sichern, sichere, sich, freuen, freu, eingeben`,
  totalWords: `
    artikel, auf, bestellung, betragt, da, das, den, der, dich, die, dein, deine, deinen, einkauf, es, fur, gesamt, gesamtwert, gesamtsumme, hallo, ihr, ihre, ihren, im, in, insgesamt, ist, liegt, liegen, noch, sie, sind, summe, und, von, warenkorb, wartet, warten, wert, zusammen`,
  totals: "zusammen, insgesamt, gesamt, gesamtwert, gesamtsumme, summe, betragt",
  notBeforeFigure: "fur, fuer, auf, zu, um, bis, von, ab, mit, uber, ueber",
  counted:
    "artikel, produkte, produkt, stuck, stueck, teile, sachen, weitere, minuten, minute, stunden, stunde, tage, tag, sekunden, klick, klicks",
};
