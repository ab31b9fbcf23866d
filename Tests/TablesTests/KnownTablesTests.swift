import Tables
import Testing

/// A few rows of each data set that the project is measured on.
@Suite struct KnownTablesTests {
    @Test func `iris is four numbers and three species`() throws {
        let read = try table(Self.iris)
        #expect(read.rowCount == 6 && read.columns.count == 5)
        #expect(read.columns.prefix(4).allSatisfy { numbers($0) != nil })
        #expect(numbers(read.column("petal_width")) == [0.2, 0.2, 1.4, 1.5, 2.5, 1.9])
        #expect(read.column("species")?.values == .categories(codes: [0, 0, 1, 1, 2, 2], levels: ["setosa", "versicolor", "virginica"]))
    }

    @Test func `breast cancer is thirty numbers and a diagnosis`() throws {
        let read = try table(Self.breastCancer)
        #expect(read.rowCount == 3 && read.columns.count == 31)
        #expect(numbers(read.column("mean_area")) == [1001.0, 1326.0, 566.3])
        #expect(texts(read.column("diagnosis")) == ["malignant", "malignant", "benign"])
    }

    @Test func `digits are numbers, and labels where asked`() throws {
        let read = try table(Self.digits)
        #expect(read.columns.count == 65)
        #expect(numbers(read.column("p03")) == [13.0, 12.0, 4.0])
        #expect(numbers(read.column("digit")) == [0, 1, 2])
        #expect(read.categories(of: 64).levels == ["0", "1", "2"])
    }

    @Test func `health insurance visits keep their fractions`() throws {
        let read = try table(Self.randhie)
        #expect(numbers(read.column("disea")) == [13.73189, 13.73189, 13.73189, 6.9])
        #expect(texts(read.column("any_visit")) == ["no", "yes", "no", "yes"])
    }

    @Test func `package descriptions have quotes that are characters`() throws {
        let read = try table(Self.descriptions, .tsv)
        #expect(texts(read.column("section")) == ["games", "fonts", "games", "doc"])
        #expect(read.text(row: 1, column: 0).hasPrefix("\"AR PL KaitiM Big5\" Chinese"))
    }

    private static let iris = """
        sepal_length,sepal_width,petal_length,petal_width,species
        5.1,3.5,1.4,0.2,setosa
        4.9,3,1.4,0.2,setosa
        7,3.2,4.7,1.4,versicolor
        6.4,3.2,4.5,1.5,versicolor
        6.3,3.3,6,2.5,virginica
        5.8,2.7,5.1,1.9,virginica

        """

    private static let breastCancer = """
        mean_radius,mean_texture,mean_perimeter,mean_area,mean_smoothness,mean_compactness,mean_concavity,mean_concave_points,\
        mean_symmetry,mean_fractal_dimension,radius_error,texture_error,perimeter_error,area_error,smoothness_error,\
        compactness_error,concavity_error,concave_points_error,symmetry_error,fractal_dimension_error,worst_radius,\
        worst_texture,worst_perimeter,worst_area,worst_smoothness,worst_compactness,worst_concavity,worst_concave_points,\
        worst_symmetry,worst_fractal_dimension,diagnosis
        17.99,10.38,122.8,1001,0.1184,0.2776,0.3001,0.1471,0.2419,0.07871,1.095,0.9053,8.589,153.4,0.006399,0.04904,0.05373,\
        0.01587,0.03003,0.006193,25.38,17.33,184.6,2019,0.1622,0.6656,0.7119,0.2654,0.4601,0.1189,malignant
        20.57,17.77,132.9,1326,0.08474,0.07864,0.0869,0.07017,0.1812,0.05667,0.5435,0.7339,3.398,74.08,0.005225,0.01308,\
        0.0186,0.0134,0.01389,0.003532,24.99,23.41,158.8,1956,0.1238,0.1866,0.2416,0.186,0.275,0.08902,malignant
        13.54,14.36,87.46,566.3,0.09779,0.08129,0.06664,0.04781,0.1885,0.05766,0.2699,0.7886,2.058,23.56,0.008462,0.0146,\
        0.02387,0.01315,0.0198,0.0023,15.11,19.26,99.7,711.2,0.144,0.1773,0.239,0.1288,0.2977,0.07259,benign

        """

    private static let digits = """
        p00,p01,p02,p03,p04,p05,p06,p07,p10,p11,p12,p13,p14,p15,p16,p17,p20,p21,p22,p23,p24,p25,p26,p27,p30,p31,p32,p33,p34,\
        p35,p36,p37,p40,p41,p42,p43,p44,p45,p46,p47,p50,p51,p52,p53,p54,p55,p56,p57,p60,p61,p62,p63,p64,p65,p66,p67,p70,p71,\
        p72,p73,p74,p75,p76,p77,digit
        0,0,5,13,9,1,0,0,0,0,13,15,10,15,5,0,0,3,15,2,0,11,8,0,0,4,12,0,0,8,8,0,0,5,8,0,0,9,8,0,0,4,11,0,1,12,7,0,0,2,14,5,10,\
        12,0,0,0,0,6,13,10,0,0,0,0
        0,0,0,12,13,5,0,0,0,0,0,11,16,9,0,0,0,0,3,15,16,6,0,0,0,7,15,16,16,2,0,0,0,0,1,16,16,3,0,0,0,0,1,16,16,6,0,0,0,0,1,16,\
        16,6,0,0,0,0,0,11,16,10,0,0,1
        0,0,0,4,15,12,0,0,0,0,3,16,15,14,0,0,0,0,8,13,8,16,0,0,0,0,1,6,15,11,0,0,0,1,8,13,15,1,0,0,0,9,16,16,5,0,0,0,0,3,13,\
        16,16,11,5,0,0,0,0,3,11,16,9,0,2

        """

    private static let randhie = """
        mdvis,lncoins,idp,lpi,fmde,physlm,disea,hlthg,hlthf,hlthp,any_visit
        0,4.61512,1,6.907755,0.0,0.0,13.73189,1,0,0,no
        2,4.61512,1,6.907755,0.0,0.0,13.73189,1,0,0,yes
        0,4.61512,1,0.0,0.0,0.0,13.73189,1,0,0,no
        5,3.931826,0,6.558198,7.251345,0.0,6.9,1,0,0,yes

        """

    private static let descriptions = """
        description	section
        "A Tale of Two Brothers" official campaign for Wesnoth (branch 1.16)	games
        "AR PL KaitiM Big5" Chinese TrueType font by Arphic Technology	fonts
        "Dead Water" official campaign for Wesnoth (branch 1.16)	games
        Extensive tutorial and documentation about C++ - PDF output	doc

        """
}
