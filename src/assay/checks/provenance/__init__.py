"""Where does the data come from?"""
