/**
 * The plainest promises in languages that no message is asked for in, in Latin letters: a model may slip into one, and a name may be
 * written in one. Folded, as in `LanguageWords`.
 */
export const elsewhere = `
  scont*, spedizione*, gratuit*, omaggio, omaggi, regalo, regali, buono sconto, buoni sconto, risparmi*, coupon*, meta prezzo, ribasso, percento, per cento,
  descont*, desconto*, frete*, gratis, brinde*, presente gratis, cupom, cupao, metade do preco, poupe, poupanca*, economize, porcento,
  rabat*, znizk*, przecen*, darmow*, dostaw*, przesylk*, kupon*, bon podarunkowy, prezent*, polowe ceny, procent*, gratisow*, taniej,
  frakt*, fraktfri*, rabatt*, presentkort, gavekort, presenter, halva priset, halv pris, besparelse*, fragtfri*, levering*, prosent*, tilbud*, erbjudande*,
  alennu*, ilmai*, toimitus*, lahja*, kuponki*, prosentti*, puoleen hintaan, slev*, doprav*, zdarma, zadarmo, darek, darcek, zlav*, poukaz*, kupon*, polovicni*,
  kedvezmeny*, ingyen*, szallitas*, ajandek*, kupon*, szazalek*, felaron, reducer*, livrare*, cadou*, voucher*, gratuita, la suta, indirim*, ucretsiz*, kargo*, bedava, hediye*, kupon*, yuzde*,
  popust*, besplatn*, dostava*, poklon*, kupon*, posto, skidk*, besplatno, podarok*, promokod*, nuolaid*, nemokam*, atlaid*, bezmaksas, soodustus*, tasuta, skonto*, skonti`;

/** The plainest promises that are like no everyday word of any of the languages: found though they are misspelled. */
export const plainestEverywhere =
  "discount, percent, guarantee, cashback, gutschein, kostenlos, descuento, livraison, verzending, reduction";

/** The same in other scripts, for names of items and shoppers: sentences in these are not let through at all. */
export const elsewhereInOtherScripts =
  /скид|бесплат|безкошт|знижк|безплат|отстъпк|намален|попуст|купон|промокод|код|подар|подарун|распродаж|процент|відсот|доставк|έκπτωσ|εκπτωσ|δωρε|κουπόν|κωδικ|折|优惠|優惠|免费|免費|免运|包邮|赠|贈|券|割引|無料|送料|クーポン|半額|セール|할인|무료|쿠폰|خصم|مجان|هدية|כרטיס|הנחה|חינם|मुफ्त|छूट|ฟรี|ส่วนลด/iu;
