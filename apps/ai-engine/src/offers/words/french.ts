import type { LanguageWords } from "./language-words.ts";

export const french: LanguageWords = {
  percent: "pour cent, pourcent*, p cent, pc",
  discount: "remise, reduction, rabais, de remise, de reduction, economisez, moins, retirons",
  code: "code, code promo, code de reduction, bon de reduction, bon d achat, coupon",
  redeeming: "a la caisse, en caisse, entrez le, saisissez le, saisissez, au moment de payer",
  promises: `
    remise*, reduction*, reduit*, rabais*, ristourne*, solde*, demarque*, escompte*, avoir de, bon de, bons de, bon d, bons d, cheque cadeau, cheques cadeaux, *gratuit*, gratos, offert*, offre*, offrons*, offrir*, offrant*, cadeau*, gracieus*, benevol*, a titre gracieux,
    prime*, bonus*, recompense*, gagn*, gain*, loterie*, tirage*, tombola*, cashback*, rembours*, argent*, moitie*, demi prix, mi prix, a moitie, un tiers, le tiers, deux tiers, un quart, le quart, trois quarts, un dixieme, un cinquieme, deux pour un, deux pour le prix, trois pour deux,
    un achete*, deux achete*, achetez en, achetez un, achetez deux, le deuxieme a, le second a, pour le prix d, pour le prix de, pour rien, rien a payer, sans rien payer, ne payez rien, ne paierez rien, ne coute rien, ne coutera rien, sans frais, sans payer, sans cout, zero frais, aucun frais, aucuns frais, exoner*,
    a nos frais, a notre charge, a notre compte, est pour nous, sont pour nous, c est pour nous, nous prenons en charge, prise en charge, prenons a notre, on s occupe des frais, port paye, port compris, livraison incluse, livraison comprise, franco, franc de port, cadeau de la maison, aux frais, la maison offre,
    coupon*, voucher*, promo*, promotion*, code*, codes, mot de passe, mot magique, mot cle, mot secret, sesame, bonne affaire, bonnes affaires, braderie*, destockage*, liquidation*, *garanti*, meilleur prix, prix le plus bas, moins cher*, bon marche, pas cher*, economi*, epargn*,
    deduction*, dedui*, retir*, retranch*, enlev*, baiss*, ignore*, ignorez, instruction*, consigne*, satisfait ou`,
  topics: `
    prix, tarif*, cout, coute, couts, couter, coutera, frais, payer, payez, paie, paies, paye, payes, paierez, paiement*, payant*, facture*, factur*, affaire, affaires, aubaine*, avantage*, privilege*, supplement*, en plus, en prime, extra, extras, surprise*, echantillon*, essai*, ajout*,
    livraison*, livrons, livrer, livree, livrees, livres, expedi*, envoi, envois, port, ports, colis, coursier*, transporteur*, affranchiss*, poste, acheminement*, retour gratuit, retours, renvoi*, renvoy*, echange*, taxe*, tva, douane*,
    euro, euros, centime*, cent, cents, eur, dollar*, franc, francs, livre sterling, livres sterling, balles, fric, billet*, thune*, zero, moins, inferieur*, abaiss*, diminu*, chute*, casse*, credit*, points, fidelite*, membre*, vip, abonn*, mensualite*, financ*, versement*,
    double*, triple*, deux fois, portefeuille*, porte monnaie, portemonnaie, budget*, tirelire*, valeur de, exclusi*, gatez, gater, faites vous plaisir, dites, dire, mentionn*, saisi*, tapez, taper, entrez le, entrez ce, indiquez, montrez, presentez, a la caisse, en caisse, au moment de payer, economie*,
    une fleur, doit disparaitre, bouchee de pain, la note, note par, divis*, par deux, deuxieme, second, seconde, troisieme, trois fois rien, au prix, prix d ami, ami prix, black friday, petit plus, petite attention, attention pour, delicate attention, geste commercial, geste pour, un geste, inclus, incluse, incluses, compris, comprise, comprises, negoci*, debours*, marge, supplementaire*, grace du, fait grace, dispens*, aux oiseaux, ristourn*, degriff*, casses, sacrifi*, imbattable*, defiant, addition,
    geste, gestes, bon plan, bons plans, cagnott*, felicitations, bravo pour, genereu*, chanceu*, heureux gagnant, tire au sort, remplac*, couvert, couverte, couvrons, irresistible*, arrondi*, petite pensee, petit cadeau, petit rien, reduc, reducs, superdeal*,
    regal*, de plus pour, un de plus, une de plus, mug de plus,  vente privee, ventes privees, vente flash, ventes flash, vente speciale, fifty fifty, moitie moitie, anniversaire*, mystere*, fond*, allege*, leger, legere, equitable*, solde de, votre solde, avant premiere, tournee, on partage, partageons,
    cher, chere plus, plus cher, plus chere, onereu*, encore un mug, encore un article`,
  giving: `
    vous recevez, recevez, vous obtenez, obtenez, vous aurez, on vous fait, nous vous faisons, nous vous donnons, on vous donne, nous donnons, est a vous, sont a vous, est donne, donne, gardez, conservez, nous ajoutons, on ajoute, nous avons ajoute, empoch*, debloq*, beneficiez, profitez, decrochez, vous invitons, vous invite`,
  plainest:
    "remise, reduction, rabais, livraison, gratuit, gratuite, offerte, cadeau, pourcent, coupon, rembourse, promotion",
  harmless: `garantie de qualite, garantie de la qualite, qualite garantie, au moins, du moins, a moins, moins que vous, saisissez l occasion`,
  materials: `coton, laine, lin, soie, cuir, bio, biologique, recycle, recyclee, recyclable, vegan, naturel, naturelle, pur, pure, merinos, cachemire, bambou, chanvre, polyester, impermeable, fait main, arabica, sur, sure, acier, bois, chene, fruit, jus, electrique, compostable, francais, francaise`,
  freeShipping: `livraison gratuite, la livraison est gratuite, livraison offerte, la livraison est offerte, frais de port offerts, les frais de port sont offerts, port offert, la livraison est pour nous, frais de livraison offerts, livraison sans frais`,
  amplifiers: `encore, nouveau, de nouveau, aussi, egalement, chaque*, tout, toute, tous, toutes, toujours, jamais, eternel*, a vie, illimite*, prochain*, futur*, avenir, plus tard, deux fois, double*, triple*, cumul*, ami, amis, amie, amies, famille*, semaine*, mois, annee*, an, ans,
    permanent*, supplement*, en plus, par article, par commande, autre*, plus, extra`,
  offerWords: `
    commandez, commander, commande, maintenant, aujourd, hui, aujourd hui, et, nous, vous, votre, vos, notre, le, la, les, l, d, de, du, des, un, une, avec, sur, pour, ce, cette, cet, en, au, a, panier, achat, achats, profitez, profiter, beneficiez, beneficier, recevez, recevoir,
    obtenez, utilisez, utiliser, utilisant, est, voici, ici, est a vous, finalisez, finaliser, terminez, terminer, completez, completer, retirons, j, je, jouissez, revenez, bonjour, cher, chere, si, ainsi, valable, votre commande, simplement, juste, vite, dans, notre boutique, s, il, plait, attend, entrez, entrez le, saisissez, saisissez le, prenez, donnons`,
  totalWords: `
    a, article, articles, attend, attendent, au, avec, bonjour, commande, d, de, du, eleve, en, encore, est, et, il, ils, l, la, le, les, montant, panier, pour, s, selection, somme, sont, total, toujours, tout, un, une, votre, vos, vous`,
  totals: "au total, total, en tout, somme, montant, s eleve",
  notBeforeFigure: "pour, a, jusqu, sur, des, par, dans, moins de",
  counted:
    "articles, article, produits, produit, pieces, piece, autres, minutes, minute, heures, heure, jours, jour, secondes, clic, clics",
};
