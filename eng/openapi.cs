// Compares docs/reference/openapi.json with what the running product serves at /openapi/v1.json.
//   dotnet run eng/openapi.cs             exit 1 and the first difference when they are not the same
//   dotnet run eng/openapi.cs -- --update writes the file
// Needs a build of src/Tocsin in its Debug folder, unless --program names an executable.
using System.Diagnostics;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

const string Committed = "docs/reference/openapi.json";
const string Listening = "Now listening on: ";

var data = Directory.CreateTempSubdirectory("tocsin-openapi-");
var program = Array.IndexOf(args, "--program") is var option and >= 0 ? args[option + 1] : "src/Tocsin/bin/Debug/net10.0/tocsin";
var start = new ProcessStartInfo(
    Path.GetFullPath(program), ["serve", "--data", data.FullName, "--urls", "http://127.0.0.1:0"])
{
    RedirectStandardOutput = true,
    UseShellExecute = false,
};
using var server = Process.Start(start)!;
try
{
    var url = await UrlAsync();
    _ = server.StandardOutput.ReadToEndAsync();
    using var http = new HttpClient();
    var document = JsonNode.Parse(await http.GetStringAsync(new Uri(url, "/openapi/v1.json")))!.AsObject();

    // The address is this run's, not the product's.
    document.Remove("servers");
    var options = new JsonSerializerOptions { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    var served = document.ToJsonString(options) + "\n";
    if (args.Contains("--update"))
    {
        await File.WriteAllTextAsync(Committed, served);
        Console.WriteLine($"{Committed} written.");
        return 0;
    }

    var difference = served.Split('\n').Zip((await File.ReadAllTextAsync(Committed)).Split('\n')).Index().FirstOrDefault(l => l.Item.First != l.Item.Second);
    if (difference.Item is (not null, not null))
    {
        Console.WriteLine($"{Committed}:{difference.Index + 1}: committed '{difference.Item.Second.Trim()}', served '{difference.Item.First.Trim()}'");
    }
    else if (served == await File.ReadAllTextAsync(Committed))
    {
        Console.WriteLine($"{Committed} is what is served: {document["paths"]!.AsObject().Count} paths.");
        return 0;
    }

    Console.WriteLine("When the change is meant: dotnet run eng/openapi.cs -- --update");
    return 1;
}
finally
{
    server.Kill(entireProcessTree: true);
    await server.WaitForExitAsync();
    data.Delete(recursive: true);
}

async Task<Uri> UrlAsync()
{
    using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
    while (await server.StandardOutput.ReadLineAsync(patience.Token) is { } line)
    {
        if (line.IndexOf(Listening, StringComparison.Ordinal) is var at and >= 0)
        {
            return new(line[(at + Listening.Length)..].Trim());
        }
    }

    throw new InvalidOperationException("The product ended before it listened.");
}
