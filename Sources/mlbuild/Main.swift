internal import Commands

@main
enum Main {
    static func main() {
        CommandLineTool.run()
    }
}
