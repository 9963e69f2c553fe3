// The bill of materials of the executable (CycloneDX 1.6), from its lock file: every package, direct or not, with its exact version and hash, and what needs what.
//   dotnet run eng/sbom.cs             exit 1 when docs/security/sbom.json is not that
//   dotnet run eng/sbom.cs -- --update writes it
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Xml.Linq;

const string Lock = "src/Tocsin/packages.lock.json";
const string Committed = "docs/security/sbom.json";

var locked = JsonNode.Parse(await File.ReadAllTextAsync(Lock))!["dependencies"]!["net10.0"]!.AsObject()
    .Select(pair => (Name: pair.Key, Type: (string)pair.Value!["type"]!, Version: (string?)pair.Value["resolved"], Hash: (string?)pair.Value["contentHash"],
        Needs: pair.Value["dependencies"]?.AsObject().Select(need => need.Key).ToArray() ?? []))
    .OrderBy(package => package.Name, StringComparer.OrdinalIgnoreCase).ToArray();

// What builds are checked with is in no executable.
var checks = XDocument.Load("Directory.Build.targets").Descendants("PackageReference").Where(reference => (string?)reference.Attribute("PrivateAssets") == "all")
    .Select(reference => (string)reference.Attribute("Include")!).ToHashSet(StringComparer.OrdinalIgnoreCase);
var projects = locked.Where(package => package.Type == "Project").ToDictionary(package => package.Name, StringComparer.OrdinalIgnoreCase);
var packages = locked.Where(package => package.Type != "Project").ToDictionary(package => package.Name, StringComparer.OrdinalIgnoreCase);

var bill = new JsonObject
{
    ["bomFormat"] = "CycloneDX",
    ["specVersion"] = "1.6",
    ["version"] = 1,
    ["metadata"] = new JsonObject { ["component"] = new JsonObject { ["type"] = "application", ["bom-ref"] = "tocsin", ["name"] = "tocsin" } },
    ["components"] = new JsonArray([.. packages.Values.Select(package => (JsonNode)new JsonObject
    {
        ["type"] = "library",
        ["bom-ref"] = Ref(package.Name),
        ["name"] = package.Name,
        ["version"] = package.Version,
        ["scope"] = checks.Contains(package.Name) ? "excluded" : "required",
        ["purl"] = Ref(package.Name),
        ["properties"] = new JsonArray(new JsonObject { ["name"] = "nuget:contentHash", ["value"] = package.Hash }),
    })]),
    ["dependencies"] = new JsonArray(
    [
        Needs("tocsin", [.. packages.Values.Where(package => package.Type == "Direct").Select(package => package.Name), .. projects.Values.SelectMany(project => project.Needs)]),
        .. packages.Values.Select(package => Needs(Ref(package.Name), package.Needs)),
    ]),
};

var text = bill.ToJsonString(new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }) + "\n";
if (args.Contains("--update"))
{
    await File.WriteAllTextAsync(Committed, text);
}
else if (!File.Exists(Committed) || await File.ReadAllTextAsync(Committed) != text)
{
    Console.WriteLine($"{Committed} is not what {Lock} says. Write it: dotnet run eng/sbom.cs -- --update");
    return 1;
}

Console.WriteLine($"{Committed}: {packages.Count} packages.");
return 0;

string Ref(string name) => $"pkg:nuget/{packages[name].Name}@{packages[name].Version}";

// Needs of our own projects are those of the whole; packages that the framework has already are not in the lock file.
JsonNode Needs(string who, IEnumerable<string> needs) => new JsonObject
{
    ["ref"] = who,
    ["dependsOn"] = new JsonArray([.. needs.Where(packages.ContainsKey).Select(Ref).Distinct().Order(StringComparer.Ordinal).Select(need => (JsonNode)need)]),
};
