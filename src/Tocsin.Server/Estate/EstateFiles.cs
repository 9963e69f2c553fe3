namespace Tocsin.Estate;

/// <summary>What was read from estate files, or from the text of one request.</summary>
/// <param name="Workspaces">Those that a document declares, also with no object in it; in the order in which they appear.</param>
internal sealed record EstateText(IReadOnlyList<string> Workspaces, IReadOnlyList<EstateObject> Objects, IReadOnlyList<EstateFault> Faults);

/// <summary>Reads estates from files. What stands in several files is one estate; the order of files means nothing.</summary>
internal static class EstateFiles
{
    private const int MaxFiles = 1_000;

    private static readonly string[] Endings = [".yaml", ".yml"];

    /// <summary>
    /// Reads a file, or every *.yaml and *.yml of a folder and the folders in it. Names that begin with a dot are left out.
    /// Faults name files relative to the folder.
    /// </summary>
    public static EstateText Read(string path)
    {
        var read = new Reading();
        try
        {
            if (File.Exists(path))
            {
                ReadFile(path, Path.GetFileName(path), read);
            }
            else if (Directory.Exists(path))
            {
                ReadFolder(path, read);
            }
            else
            {
                read.Faults.Add(EstateFault.Error(new(path, 0, 0), "", "there is no such file or folder"));
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            read.Faults.Add(EstateFault.Error(new(path, 0, 0), "", $"cannot be read: {e.Message.TrimEnd('.')}"));
        }

        return NotEmpty(read.ToText(), path);
    }

    /// <summary>Reads one text of documents, at least one.</summary>
    /// <param name="file">What faults call it; empty: they give line and path only.</param>
    /// <param name="workspace">The workspace of documents that name none.</param>
    /// <param name="only">Naming another workspace is a fault.</param>
    public static EstateText Parse(string text, string file, string workspace = EstateTable.DefaultWorkspace, bool only = false)
    {
        var read = new Reading { Only = only ? workspace : null };
        ReadText(text, file, workspace, read);
        return NotEmpty(read.ToText(), file);
    }

    /// <summary>The estate's files in a folder, by their names relative to it, which are in ordinal order.</summary>
    public static IEnumerable<(string Path, string Name)> Find(string folder)
    {
        var options = new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 8, AttributesToSkip = FileAttributes.Hidden | FileAttributes.System };
        return Directory.EnumerateFiles(folder, "*", options)
            .Where(file => Endings.Contains(Path.GetExtension(file)))
            .Select(file => (Path: file, Name: Path.GetRelativePath(folder, file).Replace('\\', '/')))
            .OrderBy(file => file.Name, StringComparer.Ordinal);
    }

    /// <summary>A file that was emptied by accident, or an export that failed, must not count as the wish to have nothing.</summary>
    private static EstateText NotEmpty(EstateText text, string file) => text is { Workspaces: [], Faults: [] }
        ? text with { Faults = [EstateFault.Error(new(file, 0, 0), "", $"there is no document in it; one begins with apiVersion: {EstateTable.ApiVersion}")] }
        : text;

    private static void ReadFolder(string folder, Reading read)
    {
        var files = Find(folder).Take(MaxFiles + 1).ToArray();
        if (files.Length is 0 or > MaxFiles)
        {
            var wrong = files.Length == 0 ? "no *.yaml or *.yml is in this folder" : $"more than {MaxFiles} files are in this folder";
            read.Faults.Add(EstateFault.Error(new(folder, 0, 0), "", wrong));
            return;
        }

        foreach (var (path, name) in files)
        {
            ReadFile(path, name, read);
        }
    }

    private static void ReadFile(string path, string name, Reading read)
    {
        // In UTF-8 no text has more characters than bytes.
        if (new FileInfo(path).Length > EstateYamlReader.MaxLength)
        {
            read.Faults.Add(EstateFault.Error(new(name, 0, 0), "", $"the file is larger than {EstateYamlReader.MaxLength / 1024 / 1024} MiB"));
            return;
        }

        ReadText(File.ReadAllText(path), name, EstateTable.DefaultWorkspace, read);
    }

    private static void ReadText(string text, string file, string workspace, Reading read)
    {
        foreach (var document in EstateYamlReader.Read(text, file, read.Faults))
        {
            if (document is EstateMap map)
            {
                ReadDocument(map, workspace, read);
            }
            else
            {
                read.Faults.Add(EstateFault.Error(document.Mark, "", $"a document must have keys and values, beginning with apiVersion: {EstateTable.ApiVersion}"));
            }
        }
    }

    private static void ReadDocument(EstateMap document, string workspace, Reading read)
    {
        foreach (var field in EstateTable.Head)
        {
            switch (document.Find(field.Key))
            {
                case null when field.Required:
                    read.Faults.Add(EstateFault.Error(document.Mark, "", $"a document needs \"{field.Key}\"; write {field.Key}: {EstateTable.ApiVersion}"));
                    break;
                case EstateScalar scalar when !((ScalarShape)field.Shape).Reads(scalar.Text):
                    read.Faults.Add(EstateFault.Error(scalar.Mark, field.Key, $"\"{scalar.Text}\" is not {((ScalarShape)field.Shape).Says}", scalar.Text));
                    break;
                case EstateScalar scalar when field.Key == "workspace":
                    workspace = scalar.Text;
                    if (read.Only is { } only && only != workspace)
                    {
                        read.Faults.Add(EstateFault.Error(
                            scalar.Mark, field.Key, $"the text is for workspace {workspace}, your key or session is for {only}; leave \"workspace\" out to mean yours", workspace));
                    }

                    break;
                case EstateList or EstateMap:
                    read.Faults.Add(EstateFault.Error(document.Find(field.Key)!.Mark, field.Key, $"\"{field.Key}\" must be {((ScalarShape)field.Shape).Says}"));
                    break;
                default:
                    break;
            }
        }

        read.Declare(workspace);
        foreach (var entry in document.Entries)
        {
            if (EstateTable.Kinds.FirstOrDefault(k => k.Section == entry.Key) is { } kind)
            {
                ReadSection(entry, kind, workspace, read);
            }
            else if (entry.Key == EstateTable.RootRoute.Section)
            {
                ReadRoute(entry, workspace, read);
            }
            else if (!EstateTable.Head.Any(f => f.Key == entry.Key))
            {
                var known = EstateTable.Head.Select(f => f.Key).Concat(EstateTable.Kinds.Select(k => k.Section)).Append(EstateTable.RootRoute.Section);
                read.Faults.Add(EstateFault.Error(entry.Mark, entry.Key, $"unknown key \"{entry.Key}\" in an estate", entry.Key, NearestName.Find(entry.Key, known)));
            }
        }
    }

    private static void ReadSection(EstateEntry section, EstateKind kind, string workspace, Reading read)
    {
        if (section.Value is not EstateList list)
        {
            read.Faults.Add(EstateFault.Error(section.Value.Mark, section.Key, $"\"{section.Key}\" must be a list; begin each entry with \"- name:\""));
            return;
        }

        for (var i = 0; i < list.Items.Count; i++)
        {
            var path = $"{section.Key}[{i}]";
            if (list.Items[i] is not EstateMap body)
            {
                read.Faults.Add(EstateFault.Error(list.Items[i].Mark, path, $"{kind.Shape.Says} must have keys and values, beginning with \"name:\""));
                continue;
            }

            // Nameless objects are kept so that their other faults come to light too; that the name is missing the compiler says.
            var name = body.TryText("name", out var text) ? text : $"({body.Mark.Origin ?? path})";
            read.Add(new(workspace, kind.Id, name, body, body.Mark.Origin, path));
        }
    }

    private static void ReadRoute(EstateEntry section, string workspace, Reading read)
    {
        if (section.Value is EstateMap body)
        {
            read.Add(new(workspace, EstateTable.RootRoute.Id, EstateTable.RouteName, body, body.Mark.Origin, section.Key));
        }
        else
        {
            read.Faults.Add(EstateFault.Error(section.Value.Mark, section.Key, "\"route\" must be the root of the routing tree, with keys and values"));
        }
    }

    private sealed class Reading
    {
        private readonly Dictionary<EstateKey, EstateObject> _objects = [];
        private readonly List<string> _workspaces = [];

        /// <summary>The only workspace that may be named; null: any.</summary>
        public string? Only { get; init; }

        public List<EstateFault> Faults { get; } = [];

        public void Declare(string workspace)
        {
            if (!_workspaces.Contains(workspace))
            {
                _workspaces.Add(workspace);
            }
        }

        public void Add(EstateObject item)
        {
            if (!_objects.TryAdd(item.Key, item))
            {
                var first = _objects[item.Key];
                var where = first.Body.Mark.File.Length > 0 ? first.Origin : $"line {first.Body.Mark.Line}";
                Faults.Add(EstateFault.Error(item.Body.Mark, item.Path, $"{item.Key} is defined twice; first at {where}", item.Name));
            }
        }

        public EstateText ToText() => new(_workspaces, [.. _objects.Values], Faults);
    }
}
