"""Word lists of our own from which the names of invented persons and firms are put together.

Family names are built from two halves that make no usual name, so that no real person is meant; the pool for
each country keeps to its script.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tongue:
    """How names look in one language: given names, halves of family names, firm words, forms, places."""

    countries: tuple[str, ...]
    given: tuple[str, ...]
    first: tuple[str, ...]
    second: tuple[str, ...]
    trades: tuple[str, ...]
    forms: tuple[str, ...]
    places: tuple[str, ...]
    family_first: bool = False
    joint: str = " "


TONGUES = (
    Tongue(
        ("DE", "AT"),
        ("Jorun", "Lieselore", "Wendelin", "Hedwiga", "Ottokar", "Irmtraud", "Falko", "Gesine"),
        ("Linden", "Stein", "Moor", "Nebel", "Tannen", "Quell", "Raben", "Silber"),
        ("quell", "wiesner", "hagener", "further", "brinker", "auer", "steiger", "wald"),
        ("Logistik", "Werkzeugbau", "Handel", "Medizintechnik", "Druck", "Maschinen"),
        ("GmbH", "AG", "GmbH & Co. KG"),
        ("Mühlgasse 4, Quellstadt", "Hafenring 21, Nebelburg", "Am Moor 7, Tannfurt"),
    ),
    Tongue(
        ("FR", "BE", "LU"),
        ("Apolline", "Thibaud", "Solenne", "Gaspard", "Maëlys", "Corentin", "Odile", "Anselme"),
        ("Mont", "Clair", "Haute", "Ver", "Bel", "Roche", "Fon", "Val"),
        ("briandel", "morinet", "sauval", "delune", "garrond", "prévaux", "tessard", "mirelle"),
        ("Transports", "Conseil", "Optique", "Vignobles", "Textiles", "Énergie"),
        ("SARL", "SAS", "SA"),
        ("3 rue des Tisserands, Clairval", "18 quai Vert, Belmont-sur-Loue", "9 place Haute, Rochefon"),
    ),
    Tongue(
        ("IT",),
        ("Fiammetta", "Ruggero", "Ginevra", "Nevio", "Ortensia", "Tullio", "Zita", "Ermes"),
        ("Monte", "Acqua", "Pietra", "Fonte", "Selva", "Riva", "Cala", "Torre"),
        ("lungari", "bianchera", "moretta", "salvione", "castreno", "dorelli", "vandosa", "ripani"),
        ("Ceramiche", "Trasporti", "Alimentari", "Meccanica", "Tessuti", "Nautica"),
        ("S.r.l.", "S.p.A.", "S.n.c."),
        ("Via dei Filatori 12, Acquadora", "Corso Riva 40, Montelungo", "Piazza Selva 2, Torrebianca"),
    ),
    Tongue(
        ("ES", "PT"),
        ("Leocadia", "Fermín", "Xiomara", "Baltasar", "Inácio", "Graça", "Eloísa", "Nuno"),
        ("Alta", "Rio", "Valde", "Campo", "Mira", "Peña", "Fuen", "Serra"),
        ("lumbral", "noceda", "quintela", "barroso", "morante", "gavilán", "tejera", "solano"),
        ("Aceites", "Consultores", "Cerámica", "Pescados", "Turismo", "Software"),
        ("S.L.", "S.A.", "Lda."),
        ("Calle del Olmo 5, Valdemira", "Rua da Serra 31, Altamar", "Avenida Norte 88, Peñaluz"),
    ),
    Tongue(
        ("PL", "CZ"),
        ("Bożena", "Zdzisław", "Radomila", "Ctibor", "Jaśmina", "Mścisław", "Vlasta", "Lubomír"),
        ("Brzez", "Kali", "Wierz", "Jasno", "Lipo", "Zielo", "Kruko", "Modro"),
        ("wnicki", "borak", "grodzik", "polewa", "cińska", "řehák", "stawiec", "lubenka"),
        ("Transport", "Budowa", "Meble", "Optyka", "Chemia", "Papír"),
        ("Sp. z o.o.", "S.A.", "s.r.o."),
        ("ul. Lipowa 14, Jasnobór", "Na Modré 6, Krukov", "ul. Wierzbowa 2, Zielogród"),
    ),
    Tongue(
        ("SE", "FI", "DK", "EE"),
        ("Sölve", "Aino-Maija", "Torgny", "Ylva", "Kaarlo", "Dagny", "Urmas", "Liisbet"),
        ("Björk", "Sten", "Haga", "Sjö", "Nord", "Lehti", "Kivi", "Tamme"),
        ("vinge", "ström", "sköld", "niemelä", "kvist", "saari", "mägi", "holmer"),
        ("Rederi", "Träbyggen", "Kalaliike", "Data", "Möbler", "Papper"),
        ("AB", "Oy", "A/S", "OÜ"),
        ("Sjögatan 11, Björkhamn", "Kivikatu 3, Lehtisaari", "Tamme tee 20, Nordmägi"),
    ),
    Tongue(
        ("IE", "GB", "MT"),
        ("Aoibhe", "Cormac", "Philippa", "Ronan", "Henrietta", "Tadhg", "Isolde", "Barnaby"),
        ("Wither", "Ash", "Holm", "Thistle", "Crow", "Marl", "Fen", "Brack"),
        ("combe", "wick", "shaw", "mere", "stowe", "garth", "leigh", "worth"),
        ("Freight", "Analytics", "Provisions", "Marine", "Textiles", "Instruments"),
        ("Limited", "Ltd", "plc", "DAC"),
        ("14 Fuller's Row, Marlmere", "2 Quay Steps, Crowhaven", "77 Ash Lane, Thistlewick"),
    ),
    Tongue(
        ("GR", "CY"),
        ("Θάλεια", "Λεωνίδας", "Μυρτώ", "Φίλιππος", "Δάφνη", "Αρίστος", "Ιφιγένεια", "Μίλτος"),
        ("Θαλασσο", "Πετρο", "Ανεμο", "Χρυσο", "Ξυλο", "Κυματο"),
        ("μαρίδης", "λιθάκης", "φωτίδης", "κηπάκης", "δενδρινός", "βουνάκος"),
        ("Ναυτιλία", "Εμπορική", "Τρόφιμα", "Κατασκευές", "Λογισμικό"),
        ("Α.Ε.", "Ε.Π.Ε.", "Ι.Κ.Ε."),
        ("Οδός Ελιάς 8, Πετρολίμανο", "Λεωφόρος Κυμάτων 15, Ανεμόπολη"),
    ),
    Tongue(
        ("BG", "UA"),
        ("Радослава", "Велизар", "Божидара", "Огнян", "Мирослава", "Светозар", "Ярина", "Тихомир"),
        ("Камено", "Речно", "Златно", "Бухо", "Горно", "Ветро"),
        ("бродов", "полянски", "извор", "крилов", "дубенко", "листопад"),
        ("Транспорт", "Търговия", "Машини", "Енергия", "Храни"),
        ("ООД", "АД", "ТОВ"),
        ("ул. Липа 9, Каменоград", "бул. Речен 44, Златноизвор"),
    ),
    Tongue(
        ("AE", "JO"),
        ("زهراء", "نضال", "ميسون", "براء", "لجين", "صهيب"),
        ("النخيل", "الصخري", "البحري", "الوادي", "الغيم"),
        ("الزيتوني", "المرساوي", "القنديلي", "الريحاني", "السحابي"),
        ("للتجارة", "للنقل", "للأغذية", "للتقنية"),
        ("ش.ذ.م.م", "ش.م.ع"),
        ("شارع النخيل ١٢", "طريق المرسى ٣"),
    ),
    Tongue(
        ("HK", "SG"),
        ("霁月", "昊穹", "芷岚", "墨川", "晴漪", "砚舟"),
        ("闻", "卓", "柏", "蓝", "凌"),
        ("", ""),
        ("物流", "贸易", "科技", "食品", "仪器"),
        ("有限公司", "股份有限公司"),
        ("松溪路18号", "望海街5号"),
        family_first=True,
        joint="",
    ),
)
