// Sums the trx files of a folder and prints "N passed, N failed, N skipped" as the last line.
//   dotnet run eng/totals.cs -- FOLDER
// A run that broke off counts as one failure more; so does a file "NAME.lost", which stands for a run that wrote no results.
// Exit 1 when anything failed or nothing ran, and with CI=true when anything was skipped.
using System.Globalization;
using System.Xml.Linq;

var folder = args is [var path] ? path : throw new ArgumentException("usage: totals FOLDER");
XNamespace trx = "http://microsoft.com/schemas/VisualStudio/TeamTest/2010";
var (passed, failed, skipped) = (0, 0, 0);

foreach (var lost in Directory.GetFiles(folder, "*.lost"))
{
    failed++;
    Console.WriteLine($"FAILED {Path.GetFileNameWithoutExtension(lost)}: the run ended without results");
}

foreach (var file in Directory.GetFiles(folder, "*.trx").Order(StringComparer.Ordinal))
{
    var summary = XDocument.Load(file).Root!.Element(trx + "ResultSummary")!;
    var counters = summary.Element(trx + "Counters")!;
    int Count(string name) => int.Parse(counters.Attribute(name)!.Value, CultureInfo.InvariantCulture);

    // Skipped tests are counted only as the difference; whatever ran and did not pass has failed.
    var (ran, good) = (Count("executed"), Count("passed"));
    var broke = ran == good && summary.Attribute("outcome")?.Value is not ("Completed" or "Passed");
    passed += good;
    failed += ran - good + (broke ? 1 : 0);
    skipped += Count("total") - ran;

    if (broke)
    {
        Console.WriteLine($"FAILED {Path.GetFileNameWithoutExtension(file)}: the run broke off");
    }

    foreach (var result in XDocument.Load(file).Descendants(trx + "UnitTestResult"))
    {
        if (result.Attribute("outcome")?.Value is "Failed" or "Error" or "Timeout" or "Aborted")
        {
            Console.WriteLine($"FAILED {result.Attribute("testName")?.Value}");
        }
        else if (result.Attribute("outcome")?.Value is "NotExecuted")
        {
            Console.WriteLine($"skipped {result.Attribute("testName")?.Value}");
        }
    }
}

Console.WriteLine($"{passed} passed, {failed} failed, {skipped} skipped");
var strict = Environment.GetEnvironmentVariable("CI") == "true";
return failed > 0 || passed == 0 || (strict && skipped > 0) ? 1 : 0;
