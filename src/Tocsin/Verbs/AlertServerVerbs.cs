using System.CommandLine;
using Tocsin.Cli;
using Tocsin.Identity;

namespace Tocsin.Verbs;

/// <summary>For whoever comes from the alert server: its command for keys, and the keys that it made. On the data itself, as <see cref="KeyVerbs"/>.</summary>
internal static class AlertServerVerbs
{
    private const int MaxName = 100;

    public static Command[] Create(Terminal terminal)
    {
        var import = new Command("import", "Take over what another system has");
        import.Subcommands.Add(Import(terminal));
        return [CreateKey(terminal), import];
    }

    private static Command CreateKey(Terminal terminal)
    {
        var store = new LocalStore();
        var name = new Option<string>("--username", "-u") { Description = "Whose it is, as the log will name it", HelpName = "NAME", Required = true };
        name.Validators.Add(result =>
        {
            if (result.Tokens is [var given] && given.Value.Trim().Length is 0 or > MaxName)
            {
                result.AddError($"--username is 1 to {MaxName} characters, not only blanks");
            }
        });
        var workspace = WorkspaceOption();
        var verb = new Command("create-api-key", "Make a key that may publish and read alerts of the live stream; it is not shown again") { name, workspace, store.Data, store.Database };
        verb.SetAction(async (parse, ct) =>
        {
            var user = parse.GetValue(name)!.Trim();
            await using var database = await store.Find(parse).OpenMigratedAsync(terminal.Now, ct);
            var (key, owner) = await database.WriteAsync(
                async tx =>
                {
                    var owner = await KeyVerbs.WorkspaceAsync(tx, parse.GetValue(workspace), terminal.Now);
                    return (await new ApiKeyStore().CreateAsync(tx, owner.Id, user, Role.Publisher, terminal.Now), owner.Name);
                },
                ct);

            // Scripts take the second line, as they did before.
            terminal.Out.WriteLine($"A key of {Plain.Line(user)} in the workspace {Plain.Line(owner)}, which may publish and read alerts:");
            terminal.Out.WriteLine(key);
            return ExitCode.Ok;
        });
        return verb;
    }

    private static Command Import(Terminal terminal)
    {
        var store = new LocalStore();
        var file = new Argument<FileInfo>("FILE") { Description = "The auth.json in the alert server's AUTH_STORE_DIR" };
        var role = new Option<string>("--role") { Description = "What the keys may do here", DefaultValueFactory = _ => "publisher" };
        role.AcceptOnlyFromAmong("publisher", "viewer", "responder");
        var workspace = WorkspaceOption();
        var verb = new Command("alert-server", "Take over the keys of an alert server; they work on as they are, and can be listed and revoked") { file, role, workspace, store.Data, store.Database };
        verb.SetAction(async (parse, ct) =>
        {
            var path = parse.GetValue(file)!.FullName;
            var read = AlertServerKeyFile.Read(await File.ReadAllBytesAsync(path, ct));
            if (!read.Ok)
            {
                throw new CliException(ExitCode.CheckFailed, $"{path}: {read.Error.Field}: {read.Error.Detail}", "nothing was taken over");
            }

            await using var database = await store.Find(parse).OpenMigratedAsync(terminal.Now, ct);
            var added = await database.WriteAsync(
                async tx =>
                {
                    var owner = await KeyVerbs.WorkspaceAsync(tx, parse.GetValue(workspace), terminal.Now);
                    return await new ImportedKeyStore().ImportAsync(tx, owner.Id, read.Value, Enum.Parse<Role>(parse.GetValue(role)!, ignoreCase: true), terminal.Now);
                },
                ct);
            var users = read.Value.Select(key => key.User).Distinct(StringComparer.Ordinal).Count();
            terminal.Out.WriteLine($"{Words.Count(read.Value.Count, "key")} of {Words.Count(users, "user")}: {added} taken over, {read.Value.Count - added} known already");
            return ExitCode.Ok;
        });
        return verb;
    }

    private static Option<string?> WorkspaceOption() => new("--workspace", "-w") { Description = "Whose. Default: the only one there is", HelpName = "NAME" };
}
